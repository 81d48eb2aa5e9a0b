"""Reproduction of the tables and figures of the papers: training, measurement and drawing by one command."""

from blindsr.reproduce.run import Request, reproduce
from blindsr.reproduce.study import Study, studies, study

__all__ = ["Request", "Study", "reproduce", "studies", "study"]
