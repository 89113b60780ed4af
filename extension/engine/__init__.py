"""The engine: the only place that opens sockets, files and clocks."""
