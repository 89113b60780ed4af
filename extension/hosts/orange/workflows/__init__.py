"""Example workflows for Orange's Help menu, with the tables and images they read; all of them run on the sandbox."""
