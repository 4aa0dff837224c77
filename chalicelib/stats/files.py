"""The files of a digest: made in each format, and kept in the exports bucket."""

from collections.abc import Collection

import msgspec

from chalicelib import aws
from chalicelib.agencies import directory
from chalicelib.settings import settings
from chalicelib.stats import cell_map, outlines, pages, rows
from chalicelib.stats.content import Published
from chalicelib.stats.outlines import Map

MEDIA_TYPES = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}


def rendered(content: Published, formats: Collection[str], language: str) -> dict[str, bytes]:
    """The file of each format; JSON always: the next revision is compared with it."""
    files = {"json": msgspec.json.format(msgspec.json.encode(content), indent=2)}
    if "csv" in formats:
        files["csv"] = rows.csv(content).encode()
    if "html" in formats:
        files["html"] = pages.html(content, language, _map(content)).encode()
    if "pdf" in formats:
        # ReportLab takes a third of a second to load, and few digests ask for it.
        from chalicelib.stats import pdf

        files["pdf"] = pdf.pdf(content, language, _map(content))
    return files


def store(folder: str, files: dict[str, bytes]) -> dict[str, str]:
    """Keep the files under `{folder}.{format}`; returns the key of each."""
    keys = {format: f"{folder}.{format}" for format in files}
    for format, key in keys.items():
        aws.s3().put_object(
            Bucket=settings.exports_bucket,
            Key=key,
            Body=files[format],
            ContentType=MEDIA_TYPES[format],
        )
    return keys


def _map(content: Published) -> Map | None:
    if content.by_cell is not None:
        return cell_map.drawn(content.by_cell)
    counts = pages.counts_by_area(content)
    areas, reports = directory.current().areas, content.figures.submitted
    return outlines.drawn(areas, counts, content.scope.area, reports)
