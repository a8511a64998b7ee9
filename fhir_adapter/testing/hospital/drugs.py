"""Owns the pharmacy: drugs as a Chinese hospital names and codes them, with the strength of one unit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Drug:
    """`names` are texts that alone say which drug it is; `mg` is the strength of one `unit`; `local` is mapped."""

    names: tuple[str, ...]
    atc: tuple[str, ...] = ()
    rxnorm: str = ""
    local: str = ""
    mg: str = "10"
    unit: str = "片"


MTX = Drug(("甲氨蝶呤片", "MTX", "注射用甲氨蝶呤"), ("L04AX03", "L01BA01"), "6851", "YP-MTX", "2.5")
LEFLUNOMIDE = Drug(("来氟米特片", "爱若华", "妥抒"), ("L04AK01", "L04AA13"), "27169", "YP-LEF")
HCQ = Drug(("硫酸羟氯喹片", "纷乐", "赛能"), ("P01BA02",), "5521", "", "100")
IGURATIMOD = Drug(("艾拉莫德片", "艾得辛"), mg="25")
SULFASALAZINE = Drug(("柳氮磺吡啶肠溶片", "维柳芬"), ("A07EC01",), "9524", "", "250")
ETANERCEPT = Drug(
    ("注射用重组人II型肿瘤坏死因子受体-抗体融合蛋白", "益赛普", "强克", "依那西普"),
    ("L04AB01", "L04AA11"),
    "214555",
    "",
    "25",
    "支",
)
ADALIMUMAB = Drug(("阿达木单抗注射液", "修美乐"), ("L04AB04", "L04AA17"), "327361", "", "40", "支")
TOCILIZUMAB = Drug(("托珠单抗注射液", "雅美罗"), ("L04AC07",), "612865", "", "80", "支")
TOFACITINIB = Drug(("枸橼酸托法替布片", "尚杰"), ("L04AF01", "L04AA29"), "1357536", "", "5")
TRIPTERYGIUM = Drug(("雷公藤多苷片", "雷公藤总苷片"), mg="10")
SINOMENINE = Drug(("正清风痛宁缓释片", "盐酸青藤碱肠溶片"), mg="60")
LISTED = (
    MTX, LEFLUNOMIDE, HCQ, IGURATIMOD, SULFASALAZINE, ETANERCEPT, ADALIMUMAB, TOCILIZUMAB, TOFACITINIB,
    TRIPTERYGIUM, SINOMENINE,
)  # fmt: skip
"""The protocol's agents, prednisone apart."""

PREDNISONE = Drug(("醋酸泼尼松片", "强的松"), ("H02AB07",), "8640", "YP-PRED", "5")
PREDNISOLONE = Drug(("醋酸泼尼松龙片",), ("H02AB06",), "8638", "", "5")
METHYLPREDNISOLONE = Drug(("甲泼尼龙片", "美卓乐"), ("H02AB04",), "6902", "", "4")
DEXAMETHASONE = Drug(("醋酸地塞米松片",), ("H02AB02",), "", "", "0.75")
HYDROCORTISONE = Drug(("氢化可的松片",), ("H02AB09",), "", "", "20")

CELECOXIB = Drug(("塞来昔布胶囊",), ("M01AH01",), "140587", "", "200", "粒")
DICLOFENAC = Drug(("双氯芬酸钠缓释片",), ("M01AB05",), "3355", "", "75")
MELOXICAM = Drug(("美洛昔康片",), ("M01AC06",), "", "YP-MELO", "7.5")
ETORICOXIB = Drug(("依托考昔片",), ("M01AH05",), "", "", "60")
IBUPROFEN = Drug(("布洛芬缓释胶囊",), ("M01AE01",), "", "", "300", "粒")
LOXOPROFEN = Drug(("洛索洛芬钠片",), (), "", "", "60")
IMRECOXIB = Drug(("艾瑞昔布片",), (), "", "", "100")
NSAIDS = (CELECOXIB, DICLOFENAC, MELOXICAM, ETORICOXIB, IBUPROFEN, LOXOPROFEN, IMRECOXIB)
ASPIRIN = Drug(("阿司匹林肠溶片",), ("B01AC06",), "", "", "100")

CYCLOSPORINE = Drug(("环孢素软胶囊", "新山地明", "田可"), ("L04AD01",), "3008", "", "25", "粒")
AZATHIOPRINE = Drug(("硫唑嘌呤片",), ("L04AX01",), "1256", "", "50")
OTHERS = (
    Drug(("叶酸片",), ("B03BB01",), "", "YP-FOL", "5"),
    Drug(("阿托伐他汀钙片",), ("C10AA05",), "", "", "20"),
    Drug(("缬沙坦胶囊",), ("C09CA03",), "", "", "80", "粒"),
    Drug(("苯磺酸氨氯地平片",), ("C08CA01",), "", "", "5"),
    Drug(("奥美拉唑肠溶胶囊",), ("A02BC01",), "", "", "20", "粒"),
    Drug(("碳酸钙D3片",), ("A12AA04",), "", "", "600"),
    Drug(("骨化三醇软胶囊",), ("A11CC04",), "", "", "0.00025", "粒"),
)
"""In no line of the trial."""
