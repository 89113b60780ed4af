"""The KNIME host: every node as a KNIME node, its ports, dialog and description derived from its declaration.

Named ``knime_nodes`` because a folder ``knime`` would shadow KNIME's own package.
"""
