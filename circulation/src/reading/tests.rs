//! Real titles, each with a character that is read in more than one way.

use super::*;

/// Title and reading, by Xiandai Hanyu Cidian; the tones of characters alone (GB/T 16159).
const TITLES: &str = "
小王子|xiǎo wáng zǐ
重庆森林|chóng qìng sēn lín
重返狼群|chóng fǎn láng qún
重新发现社会|chóng xīn fā xiàn shè huì
城门开|chéng mén kāi
活着|huó zhe
银行家|yín háng jiā
西游记|xī yóu jì
水浒传|shuǐ hǔ zhuàn
射雕英雄传|shè diāo yīng xióng zhuàn
呼兰河传|hū lán hé zhuàn
苏东坡传|sū dōng pō zhuàn
阿Q正传|ā zhèng zhuàn
传习录|chuán xí lù
朝花夕拾|zhāo huā xī shí
明朝那些事儿|míng cháo nà xiē shì ér
论语|lún yǔ
论持久战|lùn chí jiǔ zhàn
孙子兵法|sūn zǐ bīng fǎ
老子|lǎo zǐ
十万个为什么|shí wàn gè wèi shén me
为人民服务|wèi rén mín fú wù
以自然之道养万物之灵|yǐ zì rán zhī dào yǎng wàn wù zhī líng
少年维特的烦恼|shào nián wéi tè de fán nǎo
少有人走的路|shǎo yǒu rén zǒu de lù
长大|zhǎng dà
长征|cháng zhēng
长恨歌|cháng hèn gē
成长的烦恼|chéng zhǎng de fán nǎo
校长|xiào zhǎng
音乐之声|yīn yuè zhī shēng
快乐王子|kuài lè wáng zǐ
西藏生死书|xī zàng shēng sǐ shū
藏地密码|zàng dì mì mǎ
曾国藩|zēng guó fān
曾经沧海|céng jīng cāng hǎi
还珠格格|huán zhū gé ge
归去来|guī qù lái
单读|dān dú
数学之美|shù xué zhī měi
数星星的孩子|shǔ xīng xīng de hái zi
好奇心|hào qí xīn
你好世界|nǐ hǎo shì jiè
散文精读|sǎn wén jīng dú
大学语文|dà xué yǔ wén
大夫山|dà fū shān
种子的信仰|zhǒng zi de xìn yǎng
种树的男人|zhòng shù de nán rén
睡觉去|shuì jiào qù
觉醒年代|jué xǐng nián dài
角色|jué sè
三角地|sān jiǎo dì
都市|dū shì
了不起的盖茨比|liǎo bù qǐ de gài cí bǐ
放下了|fàng xià le
降落伞|jiàng luò sǎn
投降|tóu xiáng
人参|rén shēn
参考消息|cān kǎo xiāo xi
假如给我三天光明|jiǎ rú gěi wǒ sān tiān guāng míng
假期|jià qī
子弹笔记|zǐ dàn bǐ jì
弹钢琴|tán gāng qín
效率手册|xiào lǜ shǒu cè
相对论|xiāng duì lùn
真相|zhēn xiàng
中国通史|zhōng guó tōng shǐ
一只特立独行的猪|yī zhī tè lì dú xíng de zhū
行者|xíng zhě
知行合一|zhī xíng hé yī
不能承受的生命之轻|bù néng chéng shòu de shēng mìng zhī qīng
便宜|pián yi
方便面|fāng biàn miàn
教父|jiào fù
教书匠|jiāo shū jiàng
空间|kōng jiān
间谍|jiàn dié
龟兹|qiū cí
乌龟|wū guī
暴露|bào lù
大卫科波菲尔|dà wèi kē bō fēi ěr
好兵帅克|hǎo bīng shuài kè
看云识天气|kàn yún shí tiān qì
看家狗|kān jiā gǒu
草房子|cǎo fáng zi
青铜葵花|qīng tóng kuí huā
窗边的小豆豆|chuāng biān de xiǎo dòu dòu
骆驼祥子|luò tuo xiáng zi
朝鲜战争|cháo xiǎn zhàn zhēng
朝阳门|cháo yáng mén
大都会|dà dū huì
我们都一样|wǒ men dōu yī yàng
长江图|cháng jiāng tú
长腿叔叔|cháng tuǐ shū shu
乐府诗集|yuè fǔ shī jí
乐高|lè gāo
音乐家|yīn yuè jiā
给孩子的诗|gěi hái zi de shī
供给侧改革|gōng jǐ cè gǎi gé
解放军|jiě fàng jūn
间隔年|jiàn gé nián
时间简史|shí jiān jiǎn shǐ
尽头|jìn tóu
尽管|jǐn guǎn
地下铁|dì xià tiě
慢慢地|màn màn de
心得|xīn dé
得到|dé dào
重量|zhòng liàng
重读经典|chóng dú jīng diǎn
处女地|chǔ nǚ dì
处处|chù chù
传奇|chuán qí
自传|zì zhuàn
列女传|liè nǚ zhuàn
左传|zuǒ zhuàn
郁达夫自传|yù dá fū zì zhuàn
漫长的告别|màn cháng de gào bié
生长|shēng zhǎng
百年孤独|bǎi nián gū dú
围城|wéi chéng
动物农场|dòng wù nóng chǎng
场子|chǎng zi
背影|bèi yǐng
背包客|bēi bāo kè
冷血|lěng xuè
流血|liú xuè
血与火|xuè yǔ huǒ
旅行的艺术|lǚ xíng de yì shù
行走的力量|xíng zǒu de lì liàng
刑事侦缉档案|xíng shì zhēn jī dàng àn
似水年华|sì shuǐ nián huá
追忆似水年华|zhuī yì sì shuǐ nián huá
似的|shì de
切尔诺贝利的悲鸣|qiè ěr nuò bèi lì de bēi míng
一切|yī qiè
卷首|juàn shǒu
龙卷风|lóng juǎn fēng
宿命|sù mìng
星宿|xīng xiù
二十八宿|èr shí bā xiù
省城|shěng chéng
反省|fǎn xǐng
差异|chā yì
出差|chū chāi
参差|cēn cī
石头记|shí tou jì
三只小猪|sān zhī xiǎo zhū
只要我长大|zhǐ yào wǒ zhǎng dà
会计学|kuài jì xué
社会学|shè huì xué
率真|shuài zhēn
模样|mú yàng
模型|mó xíng
应该|yīng gāi
应用统计|yìng yòng tǒng jì
兴趣|xìng qù
复兴|fù xīng
血色浪漫|xuè sè làng màn
中毒|zhòng dú
中医|zhōng yī
百发百中|bǎi fā bǎi zhòng
爱好者|ài hào zhě
屏气|bǐng qì
夹心|jiā xīn
长袜子|cháng wà zi
爷爷的爷爷哪里来|yé ye de yé ye nǎ lǐ lái
一个人的朝圣|yī gè rén de cháo shèng
猜猜我有多爱你|cāi cāi wǒ yǒu duō ài nǐ
好饿的毛毛虫|hǎo è de máo máo chóng
神奇校车|shén qí xiào chē
长长的路|cháng cháng de lù
";

#[test]
fn titles_are_read_by_their_words() {
    let rows: Vec<_> = TITLES.lines().filter_map(|line| line.split_once('|')).collect();
    assert!(rows.len() >= 60, "{}", rows.len());
    let wrong: Vec<_> = rows
        .iter()
        .map(|(title, expected)| (title, expected, spelt(title)))
        .filter(|(_, expected, got)| got != *expected)
        .collect();
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), rows.len());
}

#[test]
fn what_is_no_hanzi_has_no_reading_and_keeps_its_place() {
    assert_eq!(readings("A家，1"), [None, Some("jiā"), None, None]);
    assert_eq!(spelt("Rust"), "");
    assert_eq!(spelt(""), "");
    assert_eq!(readings("😀好").len(), 2);
    // Traditional characters have their usual reading.
    assert_eq!(spelt("紅樓夢"), "hóng lóu mèng");
}

#[test]
fn the_file_is_whole_and_in_order() {
    let table = Table::of(WORDS);
    let n_bytes: usize = table.words.iter().map(|words| words.len()).sum();
    let spelt: usize = table.syllables.iter().map(|syllable| syllable.len() + 1).sum::<usize>() - 1;
    assert_eq!(HEAD + spelt + 4 * table.pairs.len() + n_bytes, WORDS.len());
    assert!(WORDS.len() < 1_500_000, "it is shipped with the program");
    for (words, n) in table.words.iter().zip(1..) {
        let characters = |at: usize| {
            let record = &words[at * size(n)..(at + 1) * size(n)];
            record.chunks(2).take(n).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect::<Vec<_>>()
        };
        let all: Vec<_> = (0..words.len() / size(n)).map(characters).collect();
        assert!(all.is_sorted() && !all.is_empty(), "{n}");
        // every reading that a word chooses is there
        for (at, word) in all.iter().enumerate() {
            for (i, character) in word.iter().enumerate() {
                let choice = words[at * size(n) + 2 * n + i];
                assert!(table.syllable(*character, choice.into()).is_some(), "{word:?}");
            }
        }
    }
}

/// A file that is cut short anywhere is one that knows less.
#[test]
fn a_broken_file_is_no_panic() {
    for len in (0..WORDS.len()).step_by(50_021) {
        let table = Table::of(&WORDS[..len]);
        assert!(table.word(&[0x5bb6, 0x4eba]).is_none_or(|word| word.len() == size(2)), "{len}");
        assert!(table.syllable(0x5bb6, 0).is_none_or(|syllable| syllable == "jiā"), "{len}");
    }
}
