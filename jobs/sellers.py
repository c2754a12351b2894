"""What sellers were paid in a year as CSV: a line a seller and currency, a column a field."""

import csv
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from jobs.database import SellerReport
from lplate.reports import escape


def write(reports: Sequence[SellerReport], file: Path) -> None:
    """Write the file; the columns are the fields of SellerReport."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        rows = csv.DictWriter(opened, [field.name for field in fields(SellerReport)])
        rows.writeheader()
        rows.writerows(escape(asdict(report)) for report in reports)
