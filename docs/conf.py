"""Settings of Sphinx; `make docs` builds the site."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import browser  # stands beside this file
import generate  # likewise

from blindsr import __version__

project = "blindsr"
author = "the authors of blindsr"
release = version = __version__
copyright = "the authors of blindsr; Apache-2.0"  # noqa: A001  # Sphinx reads this name

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "gallery/head.md"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
default_role = "code"
smartquotes = False  # options begin with two hyphens

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
highlight_language = "console"

html_theme = "furo"
html_title = "blindsr"
html_static_path = ["static", "../src/blindsr/benchmark/assets"]
html_css_files = ["wipe.css", "site.css"]
html_js_files = [("wipe.js", {"defer": "defer"}), ("site.js", {"defer": "defer"}), ("restore.js", {"defer": "defer"})]
html_show_sphinx = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}
pygments_style = "a11y-high-contrast-light"  # of accessible-pygments, which furo needs
pygments_dark_style = "a11y-high-contrast-dark"

generate.write_all(HERE / "generated")
browser.write_files(HERE / "static" / "onnx")
