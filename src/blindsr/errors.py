"""The one exception that a user is meant to read."""


class BlindSRError(Exception):
    """Something a user can put right: what was expected, what came, what to do, in one sentence.

    The command line prints the sentence and exits with 2 (1 where some files of a batch failed);
    any other exception that reaches a user is a bug of ours.
    """
