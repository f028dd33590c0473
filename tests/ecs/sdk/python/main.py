"""Calls ECS with the vendor's own SDK, models and all.

Reads a job as a line of JSON, and answers with a line: what was read, or the error that the SDK made of the answer.
"""

import json
import sys

from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi import exceptions
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.runtime import RuntimeOptions

# The ways of asking that each action has, by what its job may say.
REQUESTS = {
    "DescribeInstances": models.DescribeInstancesRequest,
    "DescribeDisks": models.DescribeDisksRequest,
    "DescribeInstanceAttribute": models.DescribeInstanceAttributeRequest,
}


def run(job):
    client = Client(
        Config(
            access_key_id=job["Key"],
            access_key_secret=job["Secret"],
            security_token=job["Token"] or None,
            endpoint=job["Endpoint"],
            protocol="http",
        )
    )
    call = {
        "DescribeInstances": client.describe_instances_with_options,
        "DescribeDisks": client.describe_disks_with_options,
        "DescribeInstanceAttribute": client.describe_instance_attribute_with_options,
    }[job["Action"]]
    request = REQUESTS[job["Action"]]().from_map(job["Parameters"])
    items, pages = [], 0
    while True:
        try:
            body = call(request, RuntimeOptions()).body
        except exceptions.AlibabaCloudException as error:
            return {"items": items, "pages": pages, "error": describe(error)}
        pages += 1
        if job["Action"] == "DescribeInstanceAttribute":
            return {"items": [instance(body)], "pages": pages, "error": None}
        if job["Action"] == "DescribeInstances":
            items += [instance(item) for item in body.instances.instance]
        else:
            items += [disk(item) for item in body.disks.disk]
        if not body.next_token:
            return {"items": items, "pages": pages, "error": None}
        request.next_token = body.next_token


def instance(item):
    locks = item.operation_locks.lock_reason if item.operation_locks else []
    return {"id": item.instance_id, "locks": reasons(locks), "instances": None}


def disk(item):
    locks = item.operation_locks.operation_lock if item.operation_locks else []
    instances = [attachment.instance_id for attachment in item.attachments.attachment]
    return {"id": item.disk_id, "locks": reasons(locks), "instances": instances}


def reasons(locks):
    return [lock.lock_reason for lock in locks]


def describe(error):
    kinds = {
        exceptions.ThrottlingException: "throttling",
        exceptions.ClientException: "client",
        exceptions.ServerException: "server",
    }
    return {
        "kind": kinds[type(error)],
        "status": error.status_code,
        "code": error.code,
        # An error of throttling has no such member.
        "auth_action": (getattr(error, "access_denied_detail", None) or {}).get("AuthAction") or "",
        "retry_after": error.retry_after,
        "request_id": error.request_id,
    }


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
