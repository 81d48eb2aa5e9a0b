import torch

from blindsr.evaluate import protocol
from blindsr.evaluate.definition import seed_of


def test_seeds_are_stable() -> None:
    # A change of these changes every noisy number that was ever published with this package.
    assert seed_of("cmdsr-middle", "baby") == 4127947460824609393
    assert seed_of("cmdsr-middle", "bird") == 3996674170363530713


def test_seeds_differ_by_image_and_protocol_and_fit_int64() -> None:
    seeds = [seed_of(name, f"img_{i:03}") for name in ("a", "b") for i in range(100)]
    assert len(set(seeds)) == 200
    assert all(0 <= seed < 2**62 for seed in seeds)


def test_paper_rows() -> None:
    middle = protocol("cmdsr-middle")
    assert middle.paper_psnr("cmdsr_x4.classic", "Set5") == 27.10
    assert middle.paper_psnr("anything else", "bsd100") == 25.12
    assert middle.paper_psnr("cmdsr_x4.plain", "Set5") == 26.09
    assert middle.paper_psnr("cmdsr_x4.plain", "Set14") is None
    assert middle.paper_psnr("cmdsr_x4.classic", "Urban100") is None


def test_models_are_told_what_their_paper_tells_them() -> None:
    given, blind = protocol("mzsr-g2.0-direct"), protocol("cmdsr-middle")
    (degradation,) = given.degradations("baby")
    told = given.told(degradation, frozenset({"kernel", "noise", "steps"}))
    assert told.given() == ["kernel", "noise"]
    assert told.noise == 0.0
    assert told.kernel is not None
    assert torch.equal(told.kernel, degradation.kernels[0])
    assert given.told(degradation, frozenset({"steps"})).given() == []
    assert blind.told(blind.degradations("baby")[0], frozenset({"kernel", "noise"})).given() == []
