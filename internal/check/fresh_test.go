package check

import "testing"

// V-W-4.1 is put to what it names: 动态、要闻, and 通知公告、政策文件.
func TestColumnKinds(t *testing.T) {
	for kind, names := range map[ColumnKind][]string{
		ColumnNews: {"工作动态", "政务动态", "部门动态", "今日要闻", "政务要闻", "新闻中心", "本地新闻", "图片新闻", "新闻动态", "政务资讯", "信息速递", "部门 动态", "动态信息", "要闻"},
		ColumnPolicy: {"通知公告", "公告通知", "公示公告", "通知", "公告", "通知、公告", "政府公告", "县政府通知公告", "最新公告", "政务公告", "政策文件", "市政府文件", "规范性文件", "行政规范性文件", "政策文件库", "文件库", "政策法规",
			"办公室文件", "部门文件", "市发改委通知公告"},
		ColumnOther: {"新闻发布会", "新闻发布", "新闻发言人", "动态监测", "动态调整", "招标公告", "采购公告", "中标公告", "公示", "人事公示", "招考公告", "招聘公告", "土地出让公告", "旅游资讯", "便民资讯", "政策解读", "政策文件解读", "废止的规范性文件",
			"规范性文件征求意见", "法律法规", "政府公报", "机构职能", "招标文件", "档案文件", "停水通知", "规划计划", ""},
	} {
		for _, name := range names {
			if got := ColumnKindOf(name); got != kind {
				t.Errorf("%s: %s, want %s", name, got, kind)
			}
		}
	}
	for _, tt := range []struct {
		name, class string
		want        ColumnKind
	}{
		{"今日雁塔", "政务动态", ColumnNews},
		{"通知公告", "政务动态", ColumnPolicy},
		{"新闻发布会", "政务动态", ColumnOther},
		{"招标公告", "通知公告", ColumnOther},
		{"县政办发", "政策文件", ColumnPolicy},
		{"县政办发", "", ColumnOther},
	} {
		if got := ListingKind(tt.name, tt.class); got != tt.want {
			t.Errorf("%s of %s: %s, want %s", tt.name, tt.class, got, tt.want)
		}
	}
}
