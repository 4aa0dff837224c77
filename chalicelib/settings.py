"""Everything the deployment tells the code, read once from the environment."""

import os
from zoneinfo import ZoneInfo

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """Names of resources and facts of the city; a missing one fails at import with its name."""

    stage: str
    public_url: str
    photos_url: str
    photos_distribution: str
    reports_table: str
    events_table: str
    directory_table: str
    webhooks_table: str
    digests_table: str
    replays_table: str
    counters_table: str
    people_table: str
    audit_table: str
    uploads_bucket: str
    photos_bucket: str
    exports_bucket: str
    audit_bucket: str
    photo_queue_url: str
    delivery_queue_url: str
    digest_queue_url: str
    digest_queue_arn: str
    digest_dead_letters_arn: str
    digest_schedules: str
    digest_scheduler_arn: str
    import_queue_url: str
    export_queue_url: str
    notification_queue_url: str
    secrets_key_arn: str
    identity_issuer: str
    identity_audience: str
    identity_jwks_url: str
    city_name: str
    city_time_zone: str
    number_prefix: str
    outside_accepted: str
    sender_email: str
    mail_configuration: str
    push_fcm_arn: str
    push_apns_arn: str
    retention_days: int
    budget_account: int
    budget_device: int
    budget_address: int
    budget_area: int

    @property
    def local(self) -> bool:
        """Whether this stage runs on one machine, where loopback webhooks are allowed."""
        return self.stage == "local"

    @property
    def time_zone(self) -> ZoneInfo:
        """The city's clock: days of digests begin and end by it."""
        return ZoneInfo(self.city_time_zone)

    @property
    def accepts_outside(self) -> bool:
        """Whether a report at a point outside every area is taken."""
        return self.outside_accepted == "true"


def _from_environment() -> Settings:
    missing = [name for name in Settings.__struct_fields__ if name.upper() not in os.environ]
    if missing:
        names = ", ".join(name.upper() for name in missing)
        raise RuntimeError(f"Missing in the environment: {names}")
    given = {name: os.environ[name.upper()] for name in Settings.__struct_fields__}
    return msgspec.convert(given, Settings, strict=False)


settings = _from_environment()
ON_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME" in os.environ
"""Whether this process is a function's, and not a build's or a test's."""
