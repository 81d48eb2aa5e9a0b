"""Evaluation: metrics with a named convention, published tables as protocols, and scores compared with the paper's."""

from blindsr.evaluate.definition import Protocol, RealProtocol
from blindsr.evaluate.folder import DataSet, Results, data_set_of, data_sets, data_sets_of
from blindsr.evaluate.measures import Measure, Score
from blindsr.evaluate.metrics import Convention, psnr, ssim
from blindsr.evaluate.protocols import protocol, protocols, real_protocols
from blindsr.evaluate.real import evaluate_real
from blindsr.evaluate.run import Folders, evaluate
from blindsr.evaluate.scores import Column, Row, Scores

__all__ = [
    "Column",
    "Convention",
    "DataSet",
    "Folders",
    "Measure",
    "Protocol",
    "RealProtocol",
    "Results",
    "Row",
    "Score",
    "Scores",
    "data_set_of",
    "data_sets",
    "data_sets_of",
    "evaluate",
    "evaluate_real",
    "protocol",
    "protocols",
    "psnr",
    "real_protocols",
    "ssim",
]
