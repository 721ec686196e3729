"""Prometheus metrics: numbers, durations and outcomes of requests and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from agent.assistant import Step
    from ui.server.limits import Gate

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


class Metrics:
    """The metrics of one server, in their own registry, so that two servers stay separate."""

    def __init__(self, gate: Gate) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "medcite_requests", "Requests.", ("method", "route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "medcite_request_seconds", "Seconds per request.", ("route",), buckets=_SECONDS,
            registry=registry,
        )  # fmt: skip
        self._steps = Histogram(
            "medcite_step_seconds", "Seconds per step of an answer.", ("step",), buckets=_SECONDS,
            registry=registry,
        )  # fmt: skip
        self._answers = Counter(
            "medcite_answers", "Answers by status.", ("status",), registry=registry
        )
        self._verdicts = Counter(
            "medcite_verdicts", "Sentences of answers by verdict.", ("label",), registry=registry
        )
        running = Gauge("medcite_questions_running", "Questions in progress.", registry=registry)
        running.set_function(lambda: gate.running)
        waiting = Gauge("medcite_questions_waiting", "Questions waiting.", registry=registry)
        waiting.set_function(lambda: gate.waiting)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; `route` is the template of its path, not the path itself."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def step(self, step: Step) -> None:
        """Count a step of an answer, and the answer in the last one."""
        self._steps.labels(step.node).observe(step.seconds)
        if answer := step.update.get("answer"):
            self._answers.labels(answer.status.value).inc()
            for verdict in answer.verdicts:
                self._verdicts.labels(verdict.label.value).inc()

    def text(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self._registry)
