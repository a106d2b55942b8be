"""A recipe's guide.md, taken apart: the title, the introduction, what each question asks, the text of each step.

Words for the learner live in guides, one file a language (guide.md, guide.es.md, guide.pt.md), so that code has none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from wizard import text
from wizard.own_files import checked_text_of

# the id of a heading, which is the same in every language, and its words: `## service: The site starts`
STEP = re.compile(r"^## ([a-z][a-z0-9_-]*): (.+)$")
LISTS = (
    "questions",
    "afterwards",
    "texts",
)  # sections of bullets; `## Questions` or, in any language, `## questions: …`
QUESTION = re.compile(r"^- `([a-z][a-z0-9_]*)`: (.+)$")


@dataclass
class Guide:
    """questions: text by question name; steps: (heading, Markdown) by step name; afterwards: what each thing told at the end is;

    texts: what else the recipe says, such as the names of its checks (`Recipe.text`).
    """

    title: str = ""
    intro: str = ""
    questions: dict[str, str] = field(default_factory=dict)
    steps: dict[str, tuple[str, str]] = field(default_factory=dict)
    afterwards: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    text: str = ""

    def heading(self, step: str) -> str:
        return self.steps[step][0] if step in self.steps else step


def flowing(markdown: str) -> str:
    """A guide's text without its marks, each paragraph on one line: for a front that wraps lines itself."""
    paragraphs = re.split(r"\n\s*\n", markdown.strip())
    joined = [p if p.startswith(("    ", "- ", "|")) else " ".join(p.split()) for p in paragraphs]
    return re.sub(r"(?<![\w*])\*{1,2}([^*\n]+)\*{1,2}|`([^`\n]+)`", lambda m: m[1] or m[2], "\n\n".join(joined))


def read_guide(folder: Path, language: str = "") -> Guide:
    """The guide in this language (the one in use), else in English; an empty guide where there is none."""
    for name in (f"guide.{language or text.language()}.md", "guide.md"):
        if (folder / name).is_file():
            return parse_guide(checked_text_of(folder / name, text.text("recipes.guide")))
    return Guide(title=folder.name)


def parse_guide(markdown: str) -> Guide:
    guide = Guide(text=markdown)
    section, body = "intro", [""]
    sections: dict[str, list[str]] = {section: body}
    for line in markdown.splitlines():
        if line.startswith("# ") and not guide.title:
            guide.title = line[2:].strip()
        elif (read := _section(line)) is not None:
            section, heading = read
            if section not in LISTS:
                guide.steps[section] = (heading, "")
            sections[section] = body = []
        else:
            body.append(line)
    guide.intro = "\n".join(sections["intro"]).strip()
    guide.questions = _bullets(sections.get("questions", []))
    guide.afterwards = _bullets(sections.get("afterwards", []))
    guide.texts = _bullets(sections.get("texts", []))
    guide.steps = {name: (heading, "\n".join(sections[name]).strip()) for name, (heading, _) in guide.steps.items()}
    return guide


def _section(line: str) -> tuple[str, str] | None:
    """The id and the words of a heading that the program reads; None for any other line."""
    if line.startswith("## ") and (name := line[3:].strip().lower()) in LISTS:
        return name, line[3:].strip()
    match = STEP.match(line)
    return (match[1], match[2].strip()) if match else None


def _bullets(lines: list[str]) -> dict[str, str]:
    questions: dict[str, str] = {}
    name = ""
    for line in lines:
        if match := QUESTION.match(line):
            name = match[1]
            questions[name] = match[2].strip()
        elif name and line.startswith("  "):
            questions[name] += " " + line.strip()
    return questions
