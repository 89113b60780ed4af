"""A stand-in for the script that KNIME gives to views: it keeps what a view hands to a report."""

KNIME_UI_EXT_SERVICE_JS = """
const KnimeUIExtensionService = {
  ReportingService: {
    getInstance: async () => ({ setReportingContent: (content) => { window.reported = content; } }),
  },
};
"""
