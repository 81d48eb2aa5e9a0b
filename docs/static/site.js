// Code and tables that are wider than the window scroll by the keyboard as well.
for (const wide of document.querySelectorAll("article pre, article table")) wide.tabIndex = 0;
