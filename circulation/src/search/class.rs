//! Subjects: the words by which readers ask for the classes of the Chinese Library Classification.
//!
//! Data for comparing, not for showing. A word stands for all classes that begin with its code.
//!
//! # Spec
//! 中国图书馆分类法, fifth edition, main classes and the second level where readers name it.

/// The classes that a word stands for, by the beginnings of their codes.
pub(super) fn of_subject(word: &str) -> Vec<&'static str> {
    SUBJECTS.iter().filter(|(name, _)| *name == word).map(|(_, code)| *code).collect()
}

/// The beginning of a class, if a word looks like one: a letter or more, then a digit.
pub(super) fn of_code(word: &str) -> Option<String> {
    let code = word.split('/').next().unwrap_or_default().to_ascii_uppercase();
    let n_letters = code.bytes().take_while(u8::is_ascii_uppercase).count();
    let rest = code.get(n_letters..)?;
    let is_code = (1..=3).contains(&n_letters)
        && rest.starts_with(|first: char| first.is_ascii_digit())
        && rest.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    is_code.then_some(code)
}

const SUBJECTS: &[(&str, &str)] = &[
    ("马克思主义", "A"),
    ("哲学", "B"),
    ("宗教", "B9"),
    ("心理学", "B84"),
    ("心理", "B84"),
    ("逻辑学", "B81"),
    ("伦理学", "B82"),
    ("社会科学", "C"),
    ("统计学", "C8"),
    ("社会学", "C91"),
    ("管理学", "C93"),
    ("政治", "D"),
    ("法律", "D9"),
    ("军事", "E"),
    ("经济", "F"),
    ("经济学", "F0"),
    ("会计", "F23"),
    ("旅游", "F59"),
    ("金融", "F83"),
    ("文化", "G"),
    ("教育", "G4"),
    ("体育", "G8"),
    ("语言", "H"),
    ("汉语", "H1"),
    ("英语", "H31"),
    ("日语", "H36"),
    ("文学", "I"),
    ("中国文学", "I2"),
    ("诗歌", "I22"),
    ("戏剧", "I23"),
    ("小说", "I24"),
    ("外国文学", "I3"),
    ("散文", "I26"),
    ("儿童文学", "I28"),
    ("童话", "I28"),
    ("绘本", "I28"),
    ("艺术", "J"),
    ("绘画", "J2"),
    ("漫画", "J2"),
    ("书法", "J29"),
    ("摄影", "J4"),
    ("音乐", "J6"),
    ("舞蹈", "J7"),
    ("电影", "J9"),
    ("历史", "K"),
    ("中国历史", "K2"),
    ("传记", "K8"),
    ("地理", "K9"),
    ("自然科学", "N"),
    ("数学", "O1"),
    ("力学", "O3"),
    ("物理", "O4"),
    ("化学", "O6"),
    ("天文", "P1"),
    ("天文学", "P1"),
    ("地球科学", "P"),
    ("气象", "P4"),
    ("地质", "P5"),
    ("生物", "Q"),
    ("植物", "Q94"),
    ("动物", "Q95"),
    ("医学", "R"),
    ("中医", "R2"),
    ("护理", "R47"),
    ("农业", "S"),
    ("园艺", "S6"),
    ("工业", "T"),
    ("机械", "TH"),
    ("电工", "TM"),
    ("电子", "TN"),
    ("自动化", "TP"),
    ("计算机", "TP3"),
    ("编程", "TP31"),
    ("人工智能", "TP18"),
    ("食品", "TS2"),
    ("烹饪", "TS972"),
    ("服装", "TS941"),
    ("建筑", "TU"),
    ("水利", "TV"),
    ("交通", "U"),
    ("航空", "V"),
    ("航天", "V"),
    ("环境", "X"),
];
