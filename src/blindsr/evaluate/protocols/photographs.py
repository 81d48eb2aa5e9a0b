"""Real photographs: RealSR (Cai et al., ICCV 2019), of which there are pairs, and RealSRSet, which has LR images alone.

Any folders of pairs and of single images are measured by these two. Published rows are those of the 100 centre crops of
RealSR v3 that StableSR and OSEDiff use (LR 128x128), as OSEDiff prints them.
"""

from blindsr.evaluate.definition import RealProtocol

REAL = (
    RealProtocol(
        name="realsr",
        title="pairs of real photographs",
        source="Published rows: OSEDiff (Wu et al., 2024)",
        paired=True,
        published={
            ("RealSR", 100, 4): {
                "BSRGAN": {"psnr": 26.39, "lpips": 0.267},
                "Real-ESRGAN": {"psnr": 25.69, "lpips": 0.273},
                "OSEDiff": {"psnr": 25.15, "lpips": 0.2921},
            }
        },
    ),
    RealProtocol(
        name="realsrset", title="real photographs without originals", source="No published table", paired=False
    ),
)
