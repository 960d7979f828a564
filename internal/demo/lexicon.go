package demo

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/lexicon"
)

// keepLexicon enters the province's wording list: ordinary entries in force, and
// a pack of the serious class that waits for a second person.
func (d *province) keepLexicon(ctx context.Context) error {
	ctx, scope, err := d.scoped(ctx, "sheng", authz.LexiconManage)
	if err != nil {
		return err
	}
	_, n, err := d.Lexicon.Packs(ctx, scope, false, 1, 0)
	if err != nil || n > 0 {
		return err
	}
	office, from := d.units[provinceOffice].ID, d.today().AddMonths(-18)
	for _, c := range []lexicon.Change{
		{Name: "常见错误写法（演示）", Source: "省政府办公厅读网值班记录（演示）", Add: []lexicon.Entry{
			{Kind: lexicon.Pair, Words: "秦创源", Right: []string{"秦创原"}, Wide: true}, {Kind: lexicon.Pair, Words: "惯彻落实", Right: []string{"贯彻落实"}, Wide: true},
			{Kind: lexicon.Pair, Words: "既使", Right: []string{"即使"}, Unless: []string{"既使用"}, Wide: true}, {Kind: lexicon.Sensitive, Words: "演示用违禁词", Wide: true},
			{Kind: lexicon.Allow, Words: "陕味食话"}}},
		{Name: "机构名称和任职（演示）", Source: "演示用，不是真实任职信息", Add: []lexicon.Entry{
			{Kind: lexicon.Term, Words: "陕西省政府办公室", Right: []string{"陕西省人民政府办公厅"}, Wide: true},
			{Kind: lexicon.Post, Words: "演示市市长", Right: []string{"演示甲"}, From: from, Until: from.AddMonths(12), Wide: true}, {Kind: lexicon.Post, Words: "演示市市长", Right: []string{"演示乙"}, From: from.AddMonths(12).AddDays(1), Wide: true}}},
	} {
		if _, err := d.Lexicon.Make(ctx, scope, office, c); err != nil {
			return err
		}
	}
	return nil
}
