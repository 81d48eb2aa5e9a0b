"""How good is it: metrics with a named convention, the published tables as protocols, scores beside the paper's."""

from blindsr.evaluate.definition import Protocol
from blindsr.evaluate.folder import DataSet, Results, data_set_of, data_sets, data_sets_of
from blindsr.evaluate.metrics import Convention, psnr, ssim
from blindsr.evaluate.protocols import protocol, protocols
from blindsr.evaluate.run import Column, Folders, Row, Score, Scores, evaluate

__all__ = [
    "Column",
    "Convention",
    "DataSet",
    "Folders",
    "Protocol",
    "Results",
    "Row",
    "Score",
    "Scores",
    "data_set_of",
    "data_sets",
    "data_sets_of",
    "evaluate",
    "protocol",
    "protocols",
    "psnr",
    "ssim",
]
