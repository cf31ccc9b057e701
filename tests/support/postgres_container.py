"""A PostgreSQL server in a container, through testcontainers; gives up in seconds where there is none."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from docker.errors import ImageNotFound
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.config import testcontainers_config
from testcontainers.core.docker_client import DockerClient

SILENCE_SECONDS = 10  # without a word from the daemon: its registry is out of reach
PULL_SECONDS = 180


@contextmanager
def postgres_container(image: str) -> Iterator[str]:
    """Run `image` and give its URL; the container is removed at the end. Raises what docker raises."""
    _have(testcontainers_config.hub_image_name_prefix + image)
    if not testcontainers_config.ryuk_disabled:
        _have(testcontainers_config.hub_image_name_prefix + testcontainers_config.ryuk_image)
    server = PostgresContainer(
        image, username="postgres", password="hostsdb-test", dbname="postgres", driver=None
    )
    server.with_command("postgres -c fsync=off -c max_connections=200")
    with server:
        yield server.get_connection_url().replace("postgresql://", "postgres://", 1)


def _have(image: str) -> None:
    # testcontainers would pull as well, but wait for minutes where a firewall swallows the request.
    client = DockerClient(timeout=SILENCE_SECONDS).client
    try:
        try:
            client.images.get(image)
        except ImageNotFound:
            deadline = time.monotonic() + PULL_SECONDS
            for line in client.api.pull(image, stream=True, decode=True):
                if "error" in line:
                    raise RuntimeError(f"cannot pull {image}: {line['error']}") from None
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{image} was not pulled within {PULL_SECONDS} s") from None
    finally:
        client.close()
