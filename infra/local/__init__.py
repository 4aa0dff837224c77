"""The system on one machine: an emulated AWS, and the same template deployed into it.

`python -m infra.local.engine` is the emulated AWS, one process that keeps its data in one folder:

    engine.py       the command: its folder, its port, its environment, its end
    ownership.py    one process at a time owns the folder
    front.py        the addresses people use, as a custom domain and a CDN give them in the cloud
    emulator.py     MiniStack as one application, mended and with its state in snapshots
    mends.py        where MiniStack differs from AWS and it matters here, one function per defect
    compression.py  what one of the mends adds to API Gateway
    snapshots.py    the state on disk, consistent at every instant, also after `kill -9`
    instant.py      the forked child that sees such an instant
"""
