"""What is deployed, by the validators of its own formats; no image is built here."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import compose_spec
import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
MANIFESTS = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text("utf-8")))


def test_the_dockerfile_passes_hadolint() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert hadolint
    done = subprocess.run(
        [hadolint, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_is_given_all_that_it_copies() -> None:
    """What .dockerignore lets through is what the Dockerfile names."""
    let_through = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text("utf-8"), re.M)
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    copied = [
        name for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.M)
        for name in line.split()[:-1] if not name.startswith("--")
    ]  # fmt: skip
    assert sorted(copied) == sorted(let_through)
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_runs_as_nobody_in_particular() -> None:
    lines = (DEPLOY / "Dockerfile").read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith("USER")] == ["USER 10001:10001"]


def test_the_entry_point_is_a_shell_script() -> None:
    assert subprocess.run(["sh", "-n", DEPLOY / "entrypoint.sh"], check=False).returncode == 0


@pytest.mark.parametrize("name", ["compose.yaml", "compose.vllm.yaml", "compose.milvus.yaml"])
def test_a_compose_file_is_one(name: str) -> None:
    given = (DEPLOY / name).read_text("utf-8")
    # The library knows no variables; Compose puts them in first.
    text = re.sub(r"\$\{\w+:\?[^}]+\}", "/models", given)
    compose = compose_spec.PyCompose.from_yaml(text)
    compose.validate()
    assert "medcite" in compose.service_names()


def test_the_image_beside_milvus_has_its_client_and_nothing_else_reaches_the_engine() -> None:
    milvus = yaml.safe_load((DEPLOY / "compose.milvus.yaml").read_text("utf-8"))
    (medcite, engine) = (milvus["services"][name] for name in ("medcite", "milvus"))
    dockerfile = (DEPLOY / "Dockerfile").read_text("utf-8")
    (usual,) = re.findall(r'^ARG EXTRAS="(.+)"$', dockerfile, re.M)
    extras = set(medcite["build"]["args"]["EXTRAS"].split(","))
    assert extras == {*usual.split(","), "milvus"}
    known = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert extras <= set(known["optional-dependencies"])
    assert engine["networks"] == ["engine"]
    assert milvus["networks"]["engine"] == {"internal": True}
    assert "ports" not in engine


def test_a_broken_compose_file_is_refused() -> None:
    with pytest.raises(ValueError, match="services"):
        compose_spec.PyCompose.from_yaml("services: {medcite: {imagee: x, ports: {}}}")


@pytest.mark.parametrize("manifest", MANIFESTS, ids=[each["kind"] for each in MANIFESTS])
def test_a_manifest_is_one(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)


def test_containers_can_write_nothing_but_data_and_tmp() -> None:
    (deployment,) = (each for each in MANIFESTS if each["kind"] == "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    for container in pod["initContainers"] + pod["containers"]:
        locked = container["securityContext"]
        assert locked["readOnlyRootFilesystem"]
        assert not locked["allowPrivilegeEscalation"]
        assert {each["mountPath"] for each in container["volumeMounts"]} == {"/data", "/tmp"}
    assert pod["securityContext"]["runAsNonRoot"]
    alone = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]["medcite"]
    assert alone["read_only"]
    assert alone["ports"] == ["127.0.0.1:8600:8600"]
