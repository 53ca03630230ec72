"""A worker for Hearth: leases jobs over HTTP and runs Python functions for them. Standard library only; copy this file beside your code.

    python3 hearth_worker.py http://localhost:8080 texts shout=mymodule:shout

An admin key is taken from the environment: HEARTH_KEY."""
from __future__ import annotations

import argparse, base64, dataclasses, http.client, importlib, json, os, signal, socket, sys, threading, time, urllib.error, urllib.request
from typing import Any, Callable, Mapping


class GiveUp(Exception):
    """Raise it when another attempt would fail as well: the job fails for good."""


class RetryAfter(Exception):
    """Raise it when the next attempt is to come after so many seconds; with back_off "key" or "queue" other jobs wait as well."""
    def __init__(self, seconds: float, reason: str = "not now", back_off: str = "job") -> None:
        super().__init__(reason)
        self.seconds, self.back_off = seconds, back_off


@dataclasses.dataclass(frozen=True)
class Job:
    """A job in hand. (id, attempt, epoch) is a fencing token for writes of your own."""
    id: str
    attempt: int
    epoch: int
    function: str
    input: Any  # the JSON value, or bytes
    content_type: str | None
    parameters: Mapping[str, str]
    tags: tuple[str, ...]
    stopped: threading.Event  # set when nobody waits for the result any more: the job was cancelled, or the lease lost


class Worker:
    """Runs jobs of a queue in threads until it is told to stop. Functions return None, bytes, or what json.dumps takes."""
    def __init__(self, url: str, queue: str, functions: Mapping[str, Callable[[Job], Any]], *, concurrency: int = 4, lease: float = 30,
                 grace: float = 5, name: str = f"{socket.gethostname()}-{os.getpid()}") -> None:
        self.base, self.functions, self.concurrency = f"{url.rstrip('/')}/v1/queues/{queue}", functions, min(concurrency, 256)
        self.lease, self.grace, self.name = lease, grace, name[:128]
        self.stopping = threading.Event()
        self.held: dict[tuple[str, int], Job] = {}
        self.changed = threading.Condition()

    def run(self) -> None:
        """Works until SIGTERM or SIGINT; then what runs has `grace` seconds to end, and the rest is returned at no cost for the jobs."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopping.set())
        leasing, renewing = (threading.Thread(target=loop, daemon=True) for loop in (self._lease_forever, self._renew_forever))
        leasing.start()
        renewing.start()
        self.stopping.wait()
        leasing.join(15)  # what is returned must not be leased again by a request that is still under way
        with self.changed:
            self.changed.wait_for(lambda: not self.held, timeout=self.grace)
        for job in list(self.held.values()):
            self._forget(job)
            self._complete(job, {"outcome": "returned"}, patience=self.grace)

    def _lease_forever(self) -> None:
        while not self.stopping.is_set():
            with self.changed:
                if not self.changed.wait_for(lambda: len(self.held) < self.concurrency, timeout=1):
                    continue
            ask = {"worker": self.name, "functions": list(self.functions), "max": self.concurrency - len(self.held),
                   "lease": f"{self.lease}s", "wait": "5s"}  # so long may a stop take
            for row in (self._post("lease", ask, patience=5) or {"jobs": []})["jobs"]:
                data = base64.b64decode(row["inputBase64"]) if "inputBase64" in row else row.get("input")
                job = Job(row["id"], row["attempt"], row["epoch"], row["function"], data, row["contentType"], row["parameters"],
                          tuple(row["tags"]), threading.Event())
                with self.changed:
                    self.held[job.id, job.attempt] = job
                threading.Thread(target=self._run, args=(job,), daemon=True).start()

    def _renew_forever(self) -> None:
        while True:
            time.sleep(self.lease / 3)
            ask = {"lease": f"{self.lease}s", "jobs": [{"id": id, "attempt": attempt} for id, attempt in list(self.held)]}
            for row in ask["jobs"] and (self._post("heartbeat", ask, patience=self.lease / 3) or {"jobs": []})["jobs"]:
                job = self.held.get((row["id"], row["attempt"]))
                if job and row["outcome"] != "renewed":
                    self._forget(job)

    def _run(self, job: Job) -> None:
        try:
            result = self.functions[job.function](job)
            end: dict[str, Any] = {"outcome": "succeeded"}
            if isinstance(result, (bytes, bytearray)):
                end["resultBase64"] = base64.b64encode(result).decode()
            elif result is not None:
                end["result"] = json.loads(json.dumps(result, allow_nan=False))  # what cannot be sent is the function's error
        except Exception as e:
            outcome = "failedForGood" if isinstance(e, GiveUp) else "failed"
            end = {"outcome": outcome, "error": (str(e) or repr(e))[:4000], "errorType": type(e).__name__}
            if isinstance(e, RetryAfter):
                end |= {"after": f"{max(1.0, e.seconds):.3f}s", "backOff": e.back_off}
        # Heartbeats go on until it is told, however long that takes.
        while not job.stopped.is_set() and not (answer := self._complete(job, end)):
            pass
        if not job.stopped.is_set() and answer["outcome"] == "lost":
            print(f"job {job.id}: the lease was lost, and the result with it", file=sys.stderr)
        self._forget(job)

    def _complete(self, job: Job, end: Mapping[str, Any], patience: float = 30) -> Any:
        body = {"id": job.id, "attempt": job.attempt}
        answer = self._post("complete", body | dict(end), patience)
        if answer and "refused" in answer:  # such as a result that is too large
            error = {"outcome": "failedForGood", "error": answer["refused"][:4000], "errorType": "refused"}
            answer = self._post("complete", body | error, patience)
        return answer and {"outcome": "lost"} | answer

    def _forget(self, job: Job) -> None:
        job.stopped.set()
        with self.changed:
            self.held.pop((job.id, job.attempt), None)
            self.changed.notify_all()

    def _post(self, what: str, body: Any, patience: float) -> Any:
        """The answer, or None when there was none; tries again for `patience` seconds."""
        until, pause = time.monotonic() + patience, 0.1
        key = os.environ.get("HEARTH_KEY")
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        request = urllib.request.Request(f"{self.base}/{what}", json.dumps(body).encode(), headers)
        while True:
            try:
                with urllib.request.urlopen(request, timeout=60) as response:
                    return json.load(response)
            except (OSError, ValueError, http.client.HTTPException) as e:
                text = e.read().decode(errors="replace") if isinstance(e, urllib.error.HTTPError) else ""
                print(f"{what}: {e} {text}", file=sys.stderr)
                if what == "complete" and getattr(e, "code", 0) in (400, 413, 422):
                    return {"refused": text}
            time.sleep(pause)
            if time.monotonic() >= until:
                return None
            pause = min(pause * 2, 5)


def main() -> None:
    parser = argparse.ArgumentParser(description="Runs Python functions for the jobs of a queue of Hearth.")
    parser.add_argument("url")
    parser.add_argument("queue")
    parser.add_argument("functions", nargs="+", metavar="name=module:function")
    parser.add_argument("--concurrency", type=int, default=4, help="jobs at once, at most 256")
    parser.add_argument("--lease", type=float, default=30, help="seconds, 1 to 3600; renewed three times as often")
    parser.add_argument("--grace", type=float, default=5, help="seconds that runs may go on after SIGTERM")
    options = vars(parser.parse_args())
    sys.path.insert(0, os.getcwd())
    sys.modules.setdefault("hearth_worker", sys.modules[__name__])  # so that GiveUp of the functions is this one
    parts = [text.replace("=", ":", 1).split(":") for text in options.pop("functions")]
    functions = {name: getattr(importlib.import_module(module), function) for name, module, function in parts}
    Worker(functions=functions, **options).run()


if __name__ == "__main__":
    main()
