"""The colours: dark, light and high contrast. Signs (✓ ✗ + -) say the same as colours do, for NO_COLOR."""

from __future__ import annotations

from textual.theme import Theme

THEMES = [
    Theme(
        name="wizard-dark", dark=True, background="#14181f", surface="#1b212b", panel="#252d3a", foreground="#e4e9f0",
        primary="#5aa9e6", secondary="#8fb8de", accent="#f2b84b", success="#6bcf8a", warning="#f2b84b", error="#f27878",
        variables={"footer-key-foreground": "#f2b84b", "input-selection-background": "#5aa9e6 45%",
                   "button-color-foreground": "#0b0f14"},
    ),
    Theme(
        name="wizard-light", dark=False, background="#fbfbf8", surface="#f0f1ee", panel="#e1e5e8", foreground="#1b232c",
        primary="#0b5ea8", secondary="#3d6b95", accent="#8a5300", success="#1a7038", warning="#8a5300", error="#b3261e",
        variables={"footer-key-foreground": "#8a5300", "input-selection-background": "#0b5ea8 30%",
                   "button-color-foreground": "#ffffff"},
    ),
    Theme(
        name="wizard-contrast", dark=True, background="#000000", surface="#000000", panel="#1a1a1a", foreground="#ffffff",
        primary="#ffff00", secondary="#00ffff", accent="#00ffff", success="#00ff66", warning="#ffff00", error="#ff8080",
        text_alpha=1.0,
        variables={"footer-key-foreground": "#ffff00", "input-selection-background": "#0055ff",
                   "button-color-foreground": "#000000"},
    ),
]  # fmt: skip
