"""A stand-in for KNIME's type of path cells."""


class FSLocationValue:
    def __init__(self, fs_category, fs_specifier, path):
        self.fs_category, self.fs_specifier, self.path = fs_category, fs_specifier, path
