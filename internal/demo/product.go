package demo

// singles are the single products of counties.
var singles = []struct{ code, product, en string }{
	{"520123", "猕猴桃", "Kiwi fruit"},
	{"520121", "富硒茶", "Selenium tea"},
	{"522302", "薏仁米", "Coix seed"},
	{"522635", "蓝莓", "Blueberry"},
	{"520328", "茶", "Tea"},
	{"520327", "锌硒茶", "Zinc selenium tea"},
	{"520424", "关岭黄牛", "Guanling cattle"},
	{"520521", "天麻", "Gastrodia"},
	{"520423", "蜂糖李", "Honey plum"},
	{"522624", "三穗鸭", "Sansui duck"},
	{"520403", "灰鹅", "Grey goose"},
	{"520622", "油茶", "Camellia oil"},
	{"520422", "韭黄", "Yellow chives"},
	{"520621", "抹茶", "Matcha"},
	{"520329", "小叶苦丁茶", "Kuding tea"},
	{"520627", "空心李", "Hollow plum"},
	{"520625", "翠峰茶", "Cuifeng tea"},
	{"520524", "竹荪", "Bamboo fungus"},
	{"522701", "毛尖", "Maojian tea"},
	{"520381", "金钗石斛", "Dendrobium"},
	{"522730", "刺梨", "Rosa roxburghii"},
	{"520281", "刺梨", "Rosa roxburghii"},
	{"520204", "红心猕猴桃", "Red kiwi fruit"},
	{"520526", "苹果", "Apple"},
	{"522633", "香猪", "Fragrant pig"},
	{"522634", "银球茶", "Silver-ball tea"},
	{"522723", "云雾贡茶", "Cloud tea"},
	{"520623", "苔茶", "Tai tea"},
	{"520626", "天麻", "Gastrodia"},
	{"522728", "火龙果", "Dragon fruit"},
	{"522629", "食用菌", "Edible fungi"},
	{"520425", "红芯薯", "Red sweet potato"},
	{"520323", "金银花", "Honeysuckle"},
	{"520527", "核桃", "Walnut"},
	{"522623", "太子参", "Pseudostellaria root"},
	{"520324", "吉他", "Guitars"},
	{"522626", "打火机", "Lighters"},
	{"522726", "轴承", "Bearings"},
	{"520402", "智能终端", "Smart devices"},
}

// chains are the nodes of the ten industries, upstream to downstream: stream, name, English name.
var chains = []struct {
	code  string
	nodes [][3]string
}{
	{"energy", [][3]string{{"up", "煤炭开采", "Coal mining"}, {"up", "煤层气抽采", "Coal-bed gas"}, {"mid", "洗选配煤", "Coal washing"}, {"mid", "煤矿智能装备", "Mining equipment"}, {"down", "煤焦化", "Coking"}, {"down", "瓦斯发电", "Gas power"}}},
	{"power", [][3]string{{"up", "光伏组件", "Solar modules"}, {"up", "风电叶片", "Wind blades"}, {"mid", "抽水蓄能", "Pumped storage"}, {"mid", "储能电池系统", "Battery storage"}, {"down", "充换电设施", "Charging"}, {"down", "智能电网设备", "Grid equipment"}}},
	{"liquor_tobacco", [][3]string{{"up", "酿酒高粱", "Sorghum"}, {"up", "酒瓶酒盒", "Bottles and boxes"}, {"mid", "酱香白酒", "Liquor"}, {"mid", "卷烟配套", "Tobacco supplies"}, {"down", "酒类物流", "Liquor logistics"}, {"down", "工业旅游", "Factory tours"}}},
	{"building", [][3]string{{"up", "石材矿山", "Quarries"}, {"up", "磷石膏", "Phosphogypsum"}, {"mid", "装配式构件", "Precast parts"}, {"mid", "新型墙材", "Wall materials"}, {"down", "全屋定制", "Fitted furniture"}, {"down", "绿色装饰", "Green fittings"}}},
	{"chemical", [][3]string{{"up", "磷矿采选", "Phosphate mining"}, {"up", "工业硅", "Silicon"}, {"mid", "精细磷化工", "Fine phosphates"}, {"mid", "磷酸铁锂", "Lithium iron phosphate"}, {"down", "电池正极材料", "Cathode materials"}, {"down", "高端新材料", "Advanced materials"}}},
	{"equipment", [][3]string{{"up", "铸锻件", "Castings"}, {"up", "轴承", "Bearings"}, {"mid", "工程机械", "Construction machines"}, {"mid", "汽车零部件", "Car parts"}, {"down", "新能源整车", "Electric vehicles"}, {"down", "设备再制造", "Remanufacturing"}}},
	{"materials", [][3]string{{"up", "铝土矿", "Bauxite"}, {"up", "锰矿", "Manganese"}, {"mid", "电解铝", "Aluminium"}, {"mid", "铝板带箔", "Aluminium foil"}, {"down", "铝制结构件", "Aluminium parts"}, {"down", "再生金属", "Recycled metal"}}},
	{"food", [][3]string{{"up", "辣椒基地", "Chilli farms"}, {"up", "刺梨基地", "Rosa roxburghii farms"}, {"mid", "调味品", "Seasonings"}, {"mid", "饮料", "Drinks"}, {"mid", "肉制品", "Meat products"}, {"down", "冷链物流", "Cold chain"}, {"down", "食品包装", "Food packaging"}}},
	{"data", [][3]string{{"up", "电子材料", "Electronic materials"}, {"up", "精密模具", "Precision moulds"}, {"mid", "连接器", "Connectors"}, {"mid", "显示模组", "Display modules"}, {"mid", "智能终端", "Smart devices"}, {"down", "数据中心", "Data centres"}, {"down", "软件服务", "Software"}}},
	{"health", [][3]string{{"up", "中药材种植", "Herb farms"}, {"up", "药用辅料", "Excipients"}, {"mid", "中药饮片", "Herbal slices"}, {"mid", "苗药制剂", "Miao medicine"}, {"down", "医药流通", "Distribution"}, {"down", "康养服务", "Health resorts"}}},
}
