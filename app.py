"""Everything that can wake the system: HTTP routes, event sources, schedules. No logic here."""

from chalicelib import loading  # isort: split

from typing import Any

from chalice.app import Chalice, CloudWatchEvent, Cron, DynamoDBEvent, Rate, SQSEvent

from chalicelib import web, workers
from chalicelib.people import api as people
from chalicelib.photos import api as photos
from chalicelib.reports import api as reports
from chalicelib.settings import ON_LAMBDA


def rest(app: Chalice) -> None:
    """Register what few calls need: a new process that serves one of the others never loads it."""
    from chalicelib.agencies import api as agencies
    from chalicelib.agencies import areas_api as areas
    from chalicelib.agencies import reasons_api as reasons
    from chalicelib.agencies import templates_api as templates
    from chalicelib.audit import api as audit
    from chalicelib.docs import api as docs
    from chalicelib.events import api as events
    from chalicelib.imports import api as imports
    from chalicelib.moderation import api as moderation
    from chalicelib.notifications import api as notifications
    from chalicelib.open311 import api as open311
    from chalicelib.people import me_api as me
    from chalicelib.people import roles_api as roles
    from chalicelib.privacy import api as privacy
    from chalicelib.reports import work_api as work
    from chalicelib.reputation import api as reputation
    from chalicelib.stats import api as stats
    from chalicelib.stats import figures_api as figures
    from chalicelib.webhooks import api as webhooks
    from chalicelib.webhooks import deliveries_api as deliveries

    app.register_blueprint(docs.routes.blueprint)
    app.register_blueprint(work.routes.blueprint)
    app.register_blueprint(agencies.routes.blueprint)
    app.register_blueprint(areas.routes.blueprint)
    app.register_blueprint(templates.routes.blueprint)
    app.register_blueprint(reasons.routes.blueprint)
    app.register_blueprint(roles.routes.blueprint)
    app.register_blueprint(me.routes.blueprint)
    app.register_blueprint(moderation.routes.blueprint)
    app.register_blueprint(notifications.routes.blueprint)
    app.register_blueprint(reputation.routes.blueprint)
    app.register_blueprint(privacy.routes.blueprint)
    app.register_blueprint(events.routes.blueprint)
    app.register_blueprint(webhooks.routes.blueprint)
    app.register_blueprint(deliveries.routes.blueprint)
    app.register_blueprint(figures.routes.blueprint)
    app.register_blueprint(stats.routes.blueprint)
    app.register_blueprint(audit.routes.blueprint)
    app.register_blueprint(imports.routes.blueprint)
    app.register_blueprint(open311.routes.blueprint)
    app.register_blueprint(docs.unknown)


app = web.App("tanggap", rest)
app.register_middleware(web.problems_only, "http")
# Photos in a form are no text, which is all that API Gateway hands on by itself.
app.api.binary_types.append("multipart/form-data")

app.register_blueprint(reports.routes.blueprint)
app.register_blueprint(photos.routes.blueprint)
app.register_blueprint(people.routes.blueprint)
if not ON_LAMBDA:
    app.load_rest()

# Placeholders: infra/resources.yaml puts the ARNs of the real queues and stream in their place.
QUEUE = "arn:aws:sqs:us-east-1:000000000000:placeholder"
STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/placeholder/stream/placeholder"


@app.on_sqs_message(queue_arn=QUEUE, batch_size=1, name="process_photo")
def process_photo(event: SQSEvent) -> dict[str, Any]:
    """An original has arrived in the upload bucket."""
    return workers.process_photo(event.to_dict())


@app.on_dynamodb_record(stream_arn=STREAM, batch_size=25, name="publish_events")
def publish_events(event: DynamoDBEvent) -> dict[str, Any]:
    """Events have been written."""
    return workers.publish_events(event.to_dict())


@app.on_dynamodb_record(stream_arn=STREAM, batch_size=1000, name="count_events")
def count_events(event: DynamoDBEvent) -> dict[str, Any]:
    """Events have been written: the counters follow."""
    return workers.count_events(event.to_dict())


@app.on_sqs_message(queue_arn=QUEUE, batch_size=10, name="deliver_webhook")
def deliver_webhook(event: SQSEvent) -> dict[str, Any]:
    """Deliveries are due."""
    return workers.deliver_webhook(event.to_dict())


@app.on_sqs_message(queue_arn=QUEUE, batch_size=10, name="notify_people")
def notify_people(event: SQSEvent) -> dict[str, Any]:
    """Events are to be told to people, and mails to be sent."""
    return workers.notify_people(event.to_dict())


@app.on_sqs_message(queue_arn=QUEUE, batch_size=1, name="run_digest")
def run_digest(event: SQSEvent) -> dict[str, Any]:
    """A scheduled report is to be computed."""
    return workers.run_digest(event.to_dict())


@app.on_sqs_message(queue_arn=QUEUE, batch_size=1, name="run_import")
def run_import(event: SQSEvent) -> dict[str, Any]:
    """A file of history has arrived, or is to be gone on with."""
    return workers.run_import(event.to_dict())


@app.on_sqs_message(queue_arn=QUEUE, batch_size=1, name="run_export")
def run_export(event: SQSEvent) -> dict[str, Any]:
    """Somebody has ordered an archive of their data."""
    return workers.run_export(event.to_dict())


@app.schedule(Rate(5, unit=Rate.MINUTES), name="check_service_levels")
def check_service_levels(event: CloudWatchEvent) -> None:
    """Every five minutes: do what time alone does to reports."""
    workers.check_service_levels()


@app.schedule(Cron(0, 23, "*", "*", "?", "*"), name="mail_daily")
def mail_daily(event: CloudWatchEvent) -> None:
    """Every morning at six in Jakarta: the mails of who wants one a day."""
    workers.mail_daily()


@app.schedule(Rate(1, unit=Rate.MINUTES), name="sweep_due_deliveries")
def sweep_due_deliveries(event: CloudWatchEvent) -> None:
    """Every minute: wake the deliveries whose next try has come, and work off orders."""
    workers.sweep_due_deliveries()


@app.schedule(Rate(1, unit=Rate.MINUTES), name="erase_people")
def erase_people(event: CloudWatchEvent) -> None:
    """Every minute: erase what people ordered to be erased."""
    workers.erase_people()


@app.schedule(Rate(5, unit=Rate.MINUTES), name="reconcile_events")
def reconcile_events(event: CloudWatchEvent) -> None:
    """Every five minutes: find events without deliveries, and make them."""
    workers.reconcile_events()


@app.schedule(Cron(35, "*", "*", "*", "?", "*"), name="publish_open_data")
def publish_open_data(event: CloudWatchEvent) -> None:
    """Every hour of the city's night: publish the months of reports that changed."""
    workers.publish_open_data()


@app.schedule(Cron(40, 18, "*", "*", "?", "*"), name="enforce_retention")
def enforce_retention(event: CloudWatchEvent) -> None:
    """Every night: order what time alone erases."""
    workers.enforce_retention()


@app.schedule(Cron(20, 0, "*", "*", "?", "*"), name="seal_audit")
def seal_audit(event: CloudWatchEvent) -> None:
    """Every night: put the heads of yesterday's audit under lock."""
    workers.seal_audit()


loading.done()
