"""Owns the Chinese names of invented people."""

from __future__ import annotations

FAMILY = tuple("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧")
GIVEN_FEMALE = (
    "秀英", "桂英", "秀兰", "玉兰", "淑珍", "丽华", "玉梅", "红霞", "晓燕", "雪梅", "芳", "静",
    "敏", "艳", "娟", "婷婷", "梦瑶", "雨桐", "思琪", "佳怡",
)  # fmt: skip
GIVEN_MALE = (
    "建国", "建军", "志强", "国强", "德胜", "玉林", "海涛", "明", "伟", "磊", "洋", "鹏",
    "浩然", "子轩", "宇航",
)  # fmt: skip
