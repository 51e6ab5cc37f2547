"""A clock that tests move by hand."""

from datetime import UTC, datetime, timedelta


class ManualClock:
    def __init__(self, start: datetime = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)) -> None:
        """Start on a Monday, 10:00 in Jakarta: within service hours."""
        self.instant = start

    def now(self) -> datetime:
        return self.instant

    def forward(self, **delta: float) -> None:
        self.instant += timedelta(**delta)
