"""A graph in Graphviz's language, and pictures that Graphviz draws of it."""

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Collection
from pathlib import Path
from typing import Any

from ..atomic import atomic_write
from ..extras import require
from .fold import LIMIT, fold
from .labels import needs_labels
from .model import Graph
from .scopes import parents
from .style import PALETTE, printable
from .svg import text_lines

__all__ = ["PICTURES", "draw_with_graphviz", "to_dot"]

PICTURES = (".png", ".pdf", ".ps", ".jpg", ".gif")  # what Graphviz draws and we do not
PATIENCE = 60.0  # seconds that it may take
SHAPES = {"operation": "box", "constant": "box"}


def to_dot(graph: Graph, limit: int = LIMIT, *, depth: int | None = None, open: Collection[str] = ()) -> str:
    """The graph as DOT text, modules as clusters; folded as `to_svg` does.

    Raises:
        ImportError: the package graphviz is not installed.
    """
    graphviz = require("graphviz", "viz", "writing DOT")
    drawn = fold(graph, limit, depth=depth, open=open)
    dot = graphviz.Digraph("graph", node_attr={"style": "filled,rounded", "fontname": "Helvetica", "fontsize": "11"})
    inside: dict[str, list[int]] = {"": []}
    for vertex in drawn.vertices:
        for scope in parents(vertex.scope):
            inside.setdefault(scope, [])
        inside[vertex.scope].append(vertex.id)
    add_cluster(dot, graphviz, drawn, inside, "")
    entering = drawn.inputs()
    for edge in drawn.edges:
        named = needs_labels(drawn.vertices[edge.target], len(entering[edge.target]))
        label = graphviz.escape(printable(edge.label)) if named else ""
        dot.edge(f"v{edge.source}", f"v{edge.target}", label=label, fontsize="9")
    return str(dot.source)


def add_cluster(dot: Any, graphviz: Any, graph: Graph, inside: dict[str, list[int]], scope: str) -> None:
    """The vertices of a module, and its own modules as clusters."""
    for v in inside[scope]:
        vertex = graph.vertices[v]
        fill, line, _, _ = PALETTE[vertex.kind]
        label = graphviz.nohtml("\n".join(graphviz.escape(printable(text)) for text in text_lines(vertex)))
        dot.node(f"v{v}", label, shape=SHAPES.get(vertex.kind, "box"), fillcolor=fill, color=line)
    for child in inside:
        if child and child.rpartition(".")[0] == scope:
            with dot.subgraph(name=f"cluster_{list(inside).index(child)}") as cluster:
                name = graphviz.escape(printable(child.removeprefix(f"{scope}.") if scope else child))
                cluster.attr(label=name, style="rounded", color="gray", fontname="Helvetica", fontsize="10")
                add_cluster(cluster, graphviz, graph, inside, child)


def programs() -> list[str]:
    """What can draw DOT here: Graphviz's own program, and the one that comes with the extra."""
    scripts = sysconfig.get_path("scripts")
    found = (shutil.which("dot"), shutil.which("graphviz-pure"), shutil.which("graphviz-pure", path=scripts))
    return list(dict.fromkeys(program for program in found if program))


def draw_with_graphviz(text: str, path: str | os.PathLike[str]) -> Path:
    """Draw DOT text to a file, in the format that its name ends in.

    Raises:
        RuntimeError: there is no program that draws it, or none did; the message is one line and says what to install.
        OSError: the file cannot be written.
    """
    kind = Path(path).suffix.lower().removeprefix(".")
    said = "there is none here"
    for program in programs():
        try:
            run = subprocess.run([program, f"-T{kind}"], input=text.encode(), capture_output=True, timeout=PATIENCE)
        except (OSError, subprocess.TimeoutExpired) as error:
            said = str(error) if isinstance(error, OSError) else f"{program} took more than {PATIENCE:g} s"
            continue
        if run.returncode == 0 and run.stdout:
            with atomic_write(path) as file:
                file.write(run.stdout)
            return Path(path)
        said = " ".join(run.stderr.decode(errors="replace").split())[:200] or f"{program} drew nothing"
    raise RuntimeError(
        f'drawing .{kind} needs Graphviz ({said}): install its program dot, or pip install "tinygrad-edu[viz]"; '
        ".svg and .html need neither"
    )
