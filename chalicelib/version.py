"""The version that `/v1/health` and the API's description name."""

VERSION = "0.1.0"
