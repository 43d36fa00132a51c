"""Languages of the FLORES-200 corpus, from which Belebele and SIB-200 are made, and how these sets spell them."""

from __future__ import annotations

_BELEBELE = """
af:afr_Latn am:amh_Ethi ar:arb_Arab ar-Latn:arb_Latn as:asm_Beng az:azj_Latn bg:bul_Cyrl bm:bam_Latn bn:ben_Beng
bn-Latn:ben_Latn bo:bod_Tibt ca:cat_Latn ceb:ceb_Latn ckb:ckb_Arab cs:ces_Latn da:dan_Latn de:deu_Latn el:ell_Grek
en:eng_Latn es:spa_Latn et:est_Latn eu:eus_Latn fa:pes_Arab ff:fuv_Latn fi:fin_Latn fr:fra_Latn gn:grn_Latn gu:guj_Gujr
ha:hau_Latn he:heb_Hebr hi:hin_Deva hi-Latn:hin_Latn hr:hrv_Latn ht:hat_Latn hu:hun_Latn hy:hye_Armn id:ind_Latn
ig:ibo_Latn ilo:ilo_Latn is:isl_Latn it:ita_Latn ja:jpn_Jpan jv:jav_Latn ka:kat_Geor kac:kac_Latn kea:kea_Latn
kk:kaz_Cyrl km:khm_Khmr kn:kan_Knda ko:kor_Hang ky:kir_Cyrl lg:lug_Latn ln:lin_Latn lo:lao_Laoo lt:lit_Latn luo:luo_Latn
lv:lvs_Latn mg:plt_Latn mi:mri_Latn mk:mkd_Cyrl ml:mal_Mlym mn:khk_Cyrl mr:mar_Deva ms:zsm_Latn mt:mlt_Latn my:mya_Mymr
nb:nob_Latn ne:npi_Deva ne-Latn:npi_Latn nl:nld_Latn nso:nso_Latn ny:nya_Latn om:gaz_Latn or:ory_Orya pa:pan_Guru
pl:pol_Latn ps:pbt_Arab pt:por_Latn ro:ron_Latn ru:rus_Cyrl rw:kin_Latn sd:snd_Arab shn:shn_Mymr si:sin_Sinh
si-Latn:sin_Latn sk:slk_Latn sl:slv_Latn sn:sna_Latn so:som_Latn sq:als_Latn sr:srp_Cyrl ss:ssw_Latn st:sot_Latn
su:sun_Latn sv:swe_Latn sw:swh_Latn ta:tam_Taml te:tel_Telu tg:tgk_Cyrl th:tha_Thai ti:tir_Ethi tl:tgl_Latn tn:tsn_Latn
tr:tur_Latn ts:tso_Latn uk:ukr_Cyrl ur:urd_Arab ur-Latn:urd_Latn uz:uzn_Latn vi:vie_Latn war:war_Latn wo:wol_Latn
xh:xho_Latn yo:yor_Latn zh:zho_Hans zh-Hant:zho_Hant zu:zul_Latn acm:acm_Arab apc:apc_Arab ars:ars_Arab ary:ary_Arab
arz:arz_Arab
"""
_MORE_OF_XLM_R = """
be:bel_Cyrl bs:bos_Latn cy:cym_Latn eo:epo_Latn ga:gle_Latn gd:gla_Latn gl:glg_Latn ku:kmr_Latn sa:san_Deva ug:uig_Arab
yi:ydd_Hebr
"""


def _table(text: str) -> dict[str, str]:
    return dict(pair.split(":") for pair in text.split())


BELEBELE = _table(_BELEBELE)
"""Code -> Belebele's name, all 122: languages, dialects of Arabic, and languages in another script than their usual one."""

_ONLY_THERE = {f"{code}-Latn" for code in ("bn", "hi", "ne", "si", "ur")}

SIB200 = {code: name for code, name in _table(_BELEBELE + _MORE_OF_XLM_R).items() if code not in _ONLY_THERE}
"""Code -> SIB-200's name: those of Belebele that FLORES-200 has, and all others that XLM-R has seen (of 205)."""
