"""A function that begins with a batch side by side makes each of its clients once."""

import json
import subprocess
import sys

from tests.promises import cold_batch


def test_ten_threads_at_once_share_one_session_and_one_client_of_each_service() -> None:
    done = subprocess.run(
        [sys.executable, "-m", cold_batch.__name__], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == {"session": 1, "dynamodb": 1, "kms": 1, "sqs": 1}
