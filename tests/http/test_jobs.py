"""Work that has given up waits for a person, who may try it again."""
import journey
import pytest

NOBODY = "019328c8-0000-7000-8000-000000000080"


def retry(client, job_id, expect=200):
    return client.call("job_retry", path={"job_id": job_id}, expect=expect)


@pytest.fixture
def dead(world):
    """(job_id, message_id, visitor) of a reminder whose template is missing."""
    visitor, booking = journey.confirmed(world)
    row, = world.sql("UPDATE message SET template_key = 'no_such_template' WHERE booking_id = %s "
                     "AND template_key = 'booking_reminder' AND channel = 'email' "
                     "RETURNING message_id", booking["booking_id"])
    world.sql("UPDATE job SET run_at = care_now() WHERE subject_id = %s", row["message_id"])
    world.sql("NOTIFY care_job")
    job = world.wait_for(lambda: world.sql(
        "SELECT job_id FROM job WHERE subject_id = %s AND state = 'dead'", row["message_id"]), 10,
        "the job to die")[0]
    return job["job_id"], row["message_id"], visitor


def test_a_dead_job_is_seen(world, admin, dead):
    job_id, message_id, _ = dead
    shown = admin.call("job_list", query={"state": "dead"}, expect=200).json["data"]
    job = next(one for one in shown if one["job_id"] == job_id)
    assert (job["kind"], job["subject_id"], job["attempts"]) == ("reminder_send", message_id, 1)
    assert "template" in job["last_error"] and job["finished_at"]
    assert "dead" in world.stack.carectl("job", "list", "--state", "dead")


def test_job_retry_tries_again(world, admin, dead):
    job_id, message_id, visitor = dead
    world.sql("UPDATE message SET template_key = 'booking_reminder' WHERE message_id = %s",
              message_id)
    again = retry(admin, job_id).json
    assert (again["state"], again["attempts"], again["finished_at"]) == ("queued", 0, None)
    journey.wait_messages(world, visitor.email, template="booking_reminder")
    world.wait_for(lambda: world.sql(
        "SELECT 1 FROM job WHERE job_id = %s AND state = 'done'", job_id), 10, "the job to be done")
    assert retry(admin, job_id, expect=409).code == "job_state"


def test_job_retry_of_a_job_that_fails_again(world, admin, dead):
    job_id, _, _ = dead
    retry(admin, job_id)
    world.wait_for(lambda: world.sql(
        "SELECT 1 FROM job WHERE job_id = %s AND state = 'dead'", job_id), 10, "it to die again")
    retry(admin, job_id)


def test_jobs_are_for_admins(world, admin, staff, family, dead):
    job_id, _, visitor = dead
    for client, status in ((staff, 403), (family, 403), (visitor.client, 403),
                           (world.guest(), 401)):
        client.call("job_list", expect=status)
        retry(client, job_id, expect=status)
    assert world.sql("SELECT 1 FROM job WHERE job_id = %s AND state = 'dead'", job_id)


def test_job_retry_of_what_is_not_dead_or_not_there(world, admin):
    visitor, booking = journey.confirmed(world)
    job, = world.jobs("booking_schedule", booking["booking_id"])
    world.quiet()
    assert retry(admin, job["job_id"], expect=409).code == "job_state"
    retry(admin, NOBODY, expect=404)
    assert visitor.booking(booking["booking_id"])["state"] == "confirmed"


def test_job_list_filters_and_pages(world, admin):
    journey.confirmed(world)
    world.quiet()
    page = admin.call("job_list", query={"kind": "message_send", "state": "done", "limit": 2},
                      expect=200).json
    assert [(one["kind"], one["state"]) for one in page["data"]] == [("message_send", "done")] * 2
    first = page["data"][0]["job_id"]
    rest = admin.call("job_list", expect=200, query={
        "kind": "message_send", "state": "done", "starting_after": first}).json["data"]
    assert rest[0]["job_id"] == page["data"][1]["job_id"]
    assert admin.call("job_list", query={"kind": "no_such_kind"}).json["data"] == []
    assert admin.call("job_list", query={"state": "lost"}, expect=400).pointers == ["query/state"]
