"""Loading the code without looking for garbage: nothing that is made meanwhile is any.

It saves a tenth or more of what our imports cost. `app.py` imports this before all else and calls
`done` after all else.
"""

import gc

gc.disable()


def done() -> None:
    """From now on garbage is collected, but what has been loaded is never looked through."""
    gc.freeze()
    gc.enable()
