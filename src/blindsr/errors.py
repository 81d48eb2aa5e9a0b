"""The exception for mistakes that a user can correct, and its stable codes."""

import difflib
from collections.abc import Iterable
from enum import StrEnum


class Code(StrEnum):
    """Stable identifiers of errors, for programs that react to them; messages may change, codes do not."""

    INVALID_VALUE = "invalid-value"
    """A value has the wrong form or lies outside the allowed range."""
    CONFLICTING_OPTIONS = "conflicting-options"
    """Options contradict each other."""
    MISSING_OPTION = "missing-option"
    """A required option was not given."""
    UNSUPPORTED_OPTION = "unsupported-option"
    """The model or protocol does not support an option."""
    UNKNOWN_NAME = "unknown-name"
    """There is no model, method, recipe or protocol of that name."""
    FILE_NOT_FOUND = "file-not-found"
    """A file or folder does not exist."""
    NO_IMAGES = "no-images"
    """The inputs contain no image."""
    CANNOT_READ = "cannot-read"
    """The operating system or a store cannot read a file."""
    CANNOT_WRITE = "cannot-write"
    """A file cannot be written, because of its folder, the disk, a permission or a store."""
    FILE_EXISTS = "file-exists"
    """A file exists and may not be replaced."""
    NAME_CLASH = "name-clash"
    """Two files of the same work have the same name."""
    UNSUPPORTED_FORMAT = "unsupported-format"
    """The file is not an image of a supported format, or its extension is not supported."""
    CANNOT_DECODE = "cannot-decode"
    """An image file is corrupt, truncated or of an unsupported variant."""
    UNSUPPORTED_CONTENT = "unsupported-content"
    """An image has colours, channels, samples or frames that are not supported."""
    INVALID_FILE = "invalid-file"
    """The content of a file is not valid: weights, a record, a condition, a kernel, a recipe or a checkpoint."""
    INCOMPATIBLE = "incompatible"
    """Inputs do not match: a condition and a model, weights and a network, or a result and its image."""
    TOO_LARGE = "too-large"
    """An image, file or result is larger than supported."""
    TOO_SMALL = "too-small"
    """An image or result is smaller than needed."""
    OUT_OF_MEMORY = "out-of-memory"
    """There is not enough memory."""
    MISSING_DEPENDENCY = "missing-dependency"
    """An optional library is not installed."""
    DEVICE_UNAVAILABLE = "device-unavailable"
    """The device does not exist or cannot be used."""
    UNREACHABLE = "unreachable"
    """A store or a cluster cannot be reached."""
    IMPLAUSIBLE_RESULT = "implausible-result"
    """The network's result contradicts its image."""
    DIVERGED = "diverged"
    """Training produced values that are not finite."""
    CANCELLED = "cancelled"
    """The work was cancelled."""
    FORKED = "forked"
    """The process was forked in a way that its libraries do not support."""

    def matches(self, error: BaseException) -> bool:
        """Whether an exception is a `BlindSRError` with this code."""
        return isinstance(error, BlindSRError) and error.code == self


class BlindSRError(Exception):
    """A mistake that a user can correct. The message states what was expected, what was found, and what to do.

    The command line prints the sentence and exits with 2, or with 1 if some files of a batch failed. Any other
    exception that reaches a user is a bug.

    Examples:
        >>> import blindsr
        >>> try:
        ...     blindsr.read("missing.jpg")
        ... except blindsr.BlindSRError as error:
        ...     print(error.code)
        file-not-found
    """

    code: Code = Code.INVALID_VALUE
    """Stable identifier of the kind of error."""

    def __init__(self, message: str, code: Code | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


def suggestion(name: object, known: Iterable[str]) -> str:
    """Return `` (did you mean ...?)`` with the most similar of the known names, or nothing if none is similar."""
    nearest = difflib.get_close_matches(str(name), list(known), n=1)
    return f" (did you mean {nearest[0]!r}?)" if nearest else ""


def check_conflicts(*conflicts: tuple[object, str]) -> None:
    """Refuse options that contradict each other.

    Args:
        conflicts: pairs of a condition, which is true if the conflict exists, and its message.

    Raises:
        BlindSRError: the first conflict that exists.
    """
    for exists, message in conflicts:
        if exists:
            raise BlindSRError(message, Code.CONFLICTING_OPTIONS)
