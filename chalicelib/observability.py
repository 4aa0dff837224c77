"""The one logger: JSON lines, fields instead of prose, no personal data."""

from aws_lambda_powertools import Logger

logger = Logger(service="tanggap")
