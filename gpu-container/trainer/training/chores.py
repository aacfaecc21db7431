"""What is written again and again while training: the checkpoint, and the splats so far to look at.

Invariant: keeping never ends a run. What could not be written is said once as a warning, and the file before stays whole. Nothing takes
more than a twentieth of the time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from ..events import Emit, warning
from .figures import Clock

_most_share = 20


@dataclass
class Chore:
    every_seconds: float
    now: Clock
    _due: float = field(default=math.inf)
    _has_failed: bool = False

    def __post_init__(self) -> None:
        self._due = self.now() + self.every_seconds

    @property
    def is_due(self) -> bool:
        return self.now() >= self._due

    def do(self, write: Callable[[], None], emit: Emit, what: str, start: float) -> bool:
        """Writes; false when that could not be done. The next is due after `every_seconds`, or later when it takes long.

        :param start: when work for it began, by `now`
        """
        try:
            write()
            is_done = True
        except OSError as error:
            is_done = False
            if not self._has_failed:
                emit(
                    warning(
                        {
                            "code": "storage-full",
                            "detail": f"The {what} could not be written ({error.strerror}).",
                        }
                    )
                )
        self._has_failed = not is_done
        self._due = self.now() + max(self.every_seconds, _most_share * (self.now() - start))
        return is_done
