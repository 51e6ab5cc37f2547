"""The words of docs/reference/rasa-baseline.md."""

NONE = "-"
HEAD = """\
# Beside Rasa

Written by `make rasa-baseline{arguments}` on {date}; do not edit. {machine}. {load}.

The embedded engine of commit `{commit}` beside {versions}, both trained on the same
{sentences} sentences (`nlu/data`), Rasa with `nlu/config.yml`: its default pipeline, DIET for
{epochs} epochs (`--epochs`; 100 by default). Both then read the same files in the same run,
measured by the same code (`nlu/evaluate.py`). Rasa is asked as its users ask it, over HTTP on
loopback, with nothing of ours before or behind it. *DIET* takes the likeliest intent; *with
fallback* is the decision of Rasa's `FallbackClassifier`, whose `nlu_fallback` counts as out of
scope.

## What is understood

In brackets 95 % of chance (bootstrap). *ahead*: points of the embedded engine's lenient share over
this one, sentence by sentence; p is McNemar's. The goal is 10 points over DIET.
"""
SCORES = """
### `{name}`, {sentences} sentences

| engine | strict | lenient | in scope | out of scope: recall | precision | AUROC | macro F1 \
| calibration error | ahead |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""
COST = """
## What it costs

| | embedded | Rasa |
| --- | --- | --- |
"""
