"""Common given names of men in MultiCheckList's languages, in each one's own script.

Men's names only: the translators wrote verbs and adjectives in the masculine (google-research/xtreme, multichecklist).
"""

from __future__ import annotations

from collections.abc import Mapping

_LISTS = """
af Johan Pieter Willem Jacobus Hendrik Gerrit Francois Andries Stefan Dawid Christo Riaan
ar أحمد محمد علي حسن خالد عمر يوسف إبراهيم سعيد طارق كريم نبيل
az Əli Elçin Rəşad Tural Vüqar Anar Kamran Orxan Samir Fuad Cavid Nicat
bg Иван Георги Димитър Петър Николай Стоян Христо Васил Александър Красимир Борис Пламен
bn রহিম করিম অমিত সুমন রাজীব কামাল তারেক সজল অরুণ বিমল জামিল শফিক
de Thomas Michael Andreas Stefan Peter Klaus Jürgen Markus Lukas Felix Jonas Tobias
el Γιώργος Νίκος Δημήτρης Κώστας Γιάννης Παναγιώτης Χρήστος Βασίλης Μιχάλης Σπύρος Αντώνης Πέτρος
en James John Robert Michael William David Richard Charles Joseph Thomas Daniel Matthew
es José Antonio Manuel Francisco Juan Javier Carlos Miguel Alejandro Pedro Luis Fernando
et Jaan Toomas Mart Andres Rein Peeter Tiit Margus Kalev Siim Martin Rasmus
eu Mikel Jon Iker Ander Aitor Unai Asier Xabier Gorka Eneko Julen Beñat
fa علی محمد رضا حسین امیر مهدی سعید بهرام فرهاد کامران داریوش نادر
fi Juhani Matti Mikko Antti Jukka Timo Pekka Ville Olli Kalle Heikki Lauri
fr Jean Pierre Michel Philippe Nicolas Julien Laurent François Antoine Luc Mathieu Olivier
gu રમેશ સુરેશ મહેશ જિગ્નેશ હાર્દિક કિરણ અમિત ભાવેશ નિલેશ પરેશ દિનેશ વિપુલ
ha Musa Ibrahim Sani Aminu Bello Umar Yusuf Kabiru Garba Danjuma Haruna Lawal
he דוד משה יוסף אברהם יעקב יצחק דניאל אורי איתן נועם גיא רועי
hi राम श्याम अमित राहुल विजय संजय राजेश मोहन सुनील अनिल दीपक रवि
ht Jean Pyè Jozèf Mak Filip Andre Jak Lwi Rene Woje Emanyèl Fritz
hu László István József János Zoltán Sándor Gábor Attila Péter Tamás Balázs Ferenc
id Budi Agus Andi Joko Hendra Dedi Rizki Eko Bambang Wahyu Adi Yusuf
it Marco Giuseppe Antonio Giovanni Francesco Luca Alessandro Andrea Paolo Matteo Stefano Davide
ja 太郎 健一 大輔 翔太 直樹 浩二 隆 誠 和也 拓也 亮 修
jv Slamet Joko Sugeng Bambang Suparman Wawan Tejo Paijo Sutrisno Harjo Darmo Karto
ka გიორგი დავით ნიკა ლევან ზურაბ ირაკლი თორნიკე ვახტანგ გივი ბექა ლაშა მიხეილ
kk Нұрлан Айдар Ерлан Бауыржан Серік Асқар Данияр Тимур Мұрат Қайрат Арман Олжас
ko 민수 준호 성민 지훈 영수 동현 상우 태영 재석 현우 병철 진우
lt Jonas Antanas Vytautas Tomas Mindaugas Darius Gintaras Andrius Kęstutis Rimas Paulius Lukas
ml രാജു സുരേഷ് അനിൽ ബിജു മനോജ് വിനോദ് ഷാജി രവി മോഹൻ ജോസഫ് തോമസ് അജയ്
mr राम विजय संजय अमोल सचिन प्रकाश नितीन महेश सुनील गणेश अजित किरण
ms Ahmad Ali Hassan Ismail Razak Faizal Azman Rahim Zainal Kamal Hafiz Amir
my အောင် ကျော် မင်း ဇော် မောင် ထွန်း သန်း လှ ဝင်း ဖြိုး စိုး ညီ
nl Jan Pieter Kees Willem Henk Bas Daan Sander Jeroen Maarten Joost Ruben
pa ਗੁਰਪ੍ਰੀਤ ਹਰਜੀਤ ਮਨਜੀਤ ਸੁਖਵਿੰਦਰ ਬਲਵਿੰਦਰ ਜਸਪਾਲ ਅਮਨ ਰਣਜੀਤ ਕੁਲਦੀਪ ਦਲਜੀਤ ਇੰਦਰ ਜਗਤਾਰ
pl Jan Piotr Krzysztof Andrzej Tomasz Paweł Marcin Michał Marek Grzegorz Adam Wojciech
pt João José António Manuel Pedro Paulo Carlos Rui Miguel Tiago Bruno Rafael
qu Juan Inti Wayra Amaru Kusi Pablo Luis Yawar Rumi Illari Sayri Pedro
ru Иван Дмитрий Сергей Алексей Николай Михаил Андрей Павел Виктор Олег Артём Борис
sw Juma Hamisi Baraka Salim Rashidi Omari Bakari Musa Daudi Yohana Petro Simba
ta முருகன் குமார் ராஜா சரவணன் கார்த்திக் செந்தில் ரவி பாலு மணி சுரேஷ் விஜய் அருண்
te రాము కృష్ణ రవి సురేష్ వెంకట్ శ్రీనివాస్ మహేష్ రమేష్ నాగేశ్ కిరణ్ విజయ్ అనిల్
th สมชาย สมศักดิ์ ประเสริฐ วิชัย สุรชัย อนันต์ ธนพล ณัฐ ชัยวัฒน์ มานะ ปรีชา กิตติ
tl Jose Juan Pedro Antonio Ramon Carlos Andres Mario Danilo Rodel Jun Miguel
tr Mehmet Mustafa Ahmet Ali Hüseyin Hasan Murat Emre Can Burak Kemal Orhan
uk Олександр Сергій Андрій Дмитро Іван Микола Петро Тарас Богдан Юрій Остап Василь
ur علی احمد حسن عمران بلال کامران فیصل عثمان زاہد طارق ندیم شاہد
vi Hùng Dũng Tuấn Minh Nam Long Hải Sơn Quang Phong Đức Khoa
wo Moussa Mamadou Ousmane Ibrahima Cheikh Abdou Modou Samba Lamine Pape Babacar Assane
yo Adé Ayò Táíwò Kẹ́hìndé Fẹ́mi Ṣẹ́gun Túndé Wálé Báyò Dàpọ̀ Ṣọlá Délé
zh 伟强 建国 志明 国华 小龙 文斌 永康 海涛 晓东 立军 家豪 明杰
"""

NAMES: Mapping[str, tuple[str, ...]] = {
    line.split()[0]: tuple(line.split()[1:]) for line in _LISTS.strip().splitlines()
}
"""Twelve names by language."""
