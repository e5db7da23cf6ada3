"""Karv's house rules: what the compiler and clang-tidy cannot say. Each rule names the cure. Standard library only."""
