package sx2021

// TwoLevels is where intensive platforms are deployed.
var TwoLevels = rule("S25.levels", "第二十五条", "按照省、市两级平台部署建设")
