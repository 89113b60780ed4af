"""The gallery as part of a report: KNIME's reporting extension asks a view for its content."""

import base64
import hashlib

from knime.api.views import KNIME_UI_EXT_SERVICE_JS

__all__ = ["can_be_reported", "with_reporting"]

HAND_OVER = """
KnimeUIExtensionService.ReportingService.getInstance().then((service) => {
  const rows = document.getElementById("rows").cloneNode(true);
  for (const control of rows.querySelectorAll(".star, .pin, template")) control.remove();
  for (const image of rows.querySelectorAll("img")) image.removeAttribute("loading");
  const styles = [...document.querySelectorAll("style")].map((style) => style.outerHTML).join("");
  const symbols = document.querySelector("body > svg").outerHTML;
  const heading = document.querySelector("header.top").outerHTML;
  service.setReportingContent(styles + symbols + heading + rows.outerHTML);
});
"""
"""What a report shows: heading, totals and rows, without what only a screen can use."""


def can_be_reported() -> bool:
    """Return whether KNIME's script is there, which a view speaks to the report with."""
    return bool(KNIME_UI_EXT_SERVICE_JS)


def with_reporting(page: str) -> str:
    """Return a gallery's page that hands its content to a report, where it is part of one."""
    if not can_be_reported():
        return page
    script = KNIME_UI_EXT_SERVICE_JS + HAND_OVER
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    # The page allows only the scripts that it names.
    allowed = page.replace("script-src '", f"script-src 'sha256-{digest}' '", 1)
    start, end, rest = allowed.rpartition("</body>")
    return f"{start}<script>{script}</script>\n{end}{rest}"
