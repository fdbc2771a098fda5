"""What the harness tells a user: a mistake that stops the run, or a remark that does not."""


class InputError(Exception):
    """A user's mistake, in whole sentences: what was given, what is allowed, the nearest match, what to do.

    The command line prints the message alone and exits with code 2.
    """


class HarnessWarning(UserWarning):
    """Something was read otherwise than given; the run goes on and the message says what was changed."""
