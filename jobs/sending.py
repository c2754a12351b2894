"""How sending a message can fail. The text of each is a code, without addresses or contents."""

from typing import Literal


class NotSent(Exception):
    """Nothing was sent, and a later try may succeed."""


class ChannelDown(Exception):
    """Nothing was sent, nor would any other message over this channel be at present."""


class NotFound(Exception):
    """An earlier try may have sent it, and did not: it can be claimed anew."""


class OutcomeUnknown(Exception):
    """It may have been sent."""


class SendingRefused(Exception):
    """It was not sent and never will be; `suppress` says that its address takes nothing more."""

    def __init__(self, code: str, suppress: Literal["hard_bounce", "stop"] | None = None) -> None:
        super().__init__(code)
        self.suppress = suppress
