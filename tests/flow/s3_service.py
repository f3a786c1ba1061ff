"""An S3 service that checks signatures: moto, with one user, its key and a bucket. Run by s3_flow_test.py with the Python that has moto.

Argument: the port. Prints the key's id and its secret, which are the same at each start. Then it answers lines: `list` prints {key: size}, `uploads`
the number of unfinished ones, `begin KEY` begins one, `hash KEY` the SHA-256 of what is under the key, `damage KEY` puts other bytes there."""

import hashlib
import json
import os
import sys

os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "3"  # the calls that make the user; all later ones are checked

import boto3  # noqa: E402
from moto.moto_api._internal import mock_random  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402

REGION, BUCKET = "us-east-1", "nova-media"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def client(service, port, key="any", secret="any"):
    return boto3.client(service, endpoint_url=f"http://127.0.0.1:{port}", region_name=REGION,
                        aws_access_key_id=key, aws_secret_access_key=secret)


def main():
    port = int(sys.argv[1])
    # On a port that nobody knows: a Nova that waits for the service would use up the calls that are not checked.
    maker = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    maker.start()
    mock_random.seed(7)
    iam = client("iam", maker.get_host_and_port()[1])
    iam.create_user(UserName="nova")
    key = iam.create_access_key(UserName="nova")["AccessKey"]
    iam.put_user_policy(UserName="nova", PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
    maker.stop()
    ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False).start()
    s3 = client("s3", port, key["AccessKeyId"], key["SecretAccessKey"])
    s3.create_bucket(Bucket=BUCKET)
    print(key["AccessKeyId"], key["SecretAccessKey"], flush=True)
    for line in sys.stdin:
        word, _, name = line.strip().partition(" ")
        if word == "list":
            answer = {o["Key"]: o["Size"] for o in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}
        elif word == "uploads":
            answer = len(s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []))
        elif word == "begin":
            answer = s3.create_multipart_upload(Bucket=BUCKET, Key=name)["UploadId"]
        elif word == "hash":
            answer = hashlib.sha256(s3.get_object(Bucket=BUCKET, Key=name)["Body"].read()).hexdigest()
        else:
            answer = s3.put_object(Bucket=BUCKET, Key=name, Body=b"other bytes")["ETag"]
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
