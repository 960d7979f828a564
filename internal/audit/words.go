package audit

import "strings"

// The names that wording.go does not compose: acts of every department, and what
// they were done to. A test of the house holds both against the source, so that no
// record of the trail shows a code instead of a word.

// moreActs are acts by department.
var moreActs = map[string]string{
	"annual.owe": "产生年度报表义务", "annual.type": "填写年度报表", "annual.keep": "保存年度报表", "annual.submit": "报送年度报表", "annual.approve": "审定年度报表", "annual.return": "退回年度报表", "annual.publish": "公布年度报表",
	"annual.replace": "更正年度报表", "annual.address": "登记年度报表公布网址", "annual.end": "年度报表不再填报", "annual.urge": "催报年度报表",
	"app.demo": "建立演示数据", "demo.fill": "建立演示数据", "demo.posts": "建立演示岗位", "demo.runs": "建立演示检查",
	"appraisal.round.show": "公开或不公开考核结果", "assessment.exempt": "准予不计分", "assessment.exempt.end": "撤销不计分", "assessment.extension.ask": "申请延长整改期限", "assessment.extension.approve": "同意延长整改期限", "assessment.extension.refuse": "不同意延长整改期限",
	"assessment.order.ask_confirm": "提请确认整改", "assessment.order.escalate": "整改逾期上报", "assessment.order.reopen": "重新整改", "assessment.order.retest": "整改复测", "assessment.order.retested": "整改复测结果", "assessment.order.supervise": "整改督办",
	"assessment.own.found": "自查发现问题", "assessment.own.mended": "自查问题已改正", "assessment.point.find": "登记整改问题", "assessment.point.look": "核对整改问题",
	"case.batch.start": "开始批量审批", "case.batch.read": "查看批量审批的一件", "case.batch.left": "批量审批留下一件", "case.batch.end": "结束批量审批", "case.filled": "自动填写审批材料", "case.letter": "生成审批文书",
	"closing.column.relay": "栏目去向转交", "closing.hand_over": "移交关停站点", "closing.item.looked": "查看注销事项", "closing.item.seen": "注销事项查实", "closing.map.fill": "补全旧网址对照", "closing.redirect_until": "设定跳转截止日",
	"columns.offer": "推送订阅稿件", "columns.decline": "不采用推送稿件", "columns.subscribe": "订阅栏目", "columns.unsubscribe": "取消订阅", "columns.close": "结束栏目订阅", "cutover.breaches": "列入存量问题",
	"filing.carry": "备案事项随机构调整", "guidance.issue": "发出工作通知", "guidance.ask": "对通知提问", "guidance.answer": "答复提问", "guidance.urge": "催办通知", "guidance.withdraw": "撤回通知",
	"impostor.spare":              "放行相近名称",
	"inspection.baseline.advance": "确认首页基线", "inspection.baseline.watch": "监看页面基线", "inspection.baseline.unwatch": "不再监看页面基线",
	"inspection.finding.find": "发现问题", "inspection.finding.seen": "问题再次出现", "inspection.finding.retest": "复测问题", "inspection.finding.recur": "问题复现", "inspection.finding.order": "问题列入整改", "inspection.finding.reopen": "重新打开问题", "inspection.finding.dispute": "报误报", "inspection.finding.uphold": "维持问题",
	"inspection.patrol.plan": "制定巡检计划", "inspection.patrol.send": "派出巡检", "inspection.patrol.skip": "巡检跳过网站", "inspection.patrol.missed": "错过巡检", "inspection.patrol.withdraw": "撤回巡检计划", "inspection.patrol.pause": "暂停巡检计划", "inspection.patrol.resume": "恢复巡检计划", "inspection.patrol.end": "结束巡检计划",
	"inspection.run.begin": "检查开始", "inspection.run.finish": "检查完成", "inspection.run.fail": "检查未完成", "inspection.run.hurry": "提前检查",
	"integrity.alarm": "发布内容被改动", "integrity.ask": "立即核对发布内容", "integrity.seen": "发布内容仍被改动", "integrity.settle": "发布内容已恢复",
	"layout.bring": "迁入页面布局", "layout.discard": "放弃布局改动", "layout.bar.hang": "悬挂公告条", "layout.bar.set": "修改公告条", "layout.bar.move": "调整公告条次序",
	"layout.topic.plan": "筹建专题", "layout.topic.set": "修改专题", "layout.topic.archive": "专题归档", "layout.topic.drop": "取消专题", "layout.topic.handover": "移交专题",
	"letters.queue.open": "打开来信列表", "lexicon.ask": "提请第二人确认词库", "lexicon.change": "修改词库",
	"library.batch.start": "开始批量办理稿件", "library.batch.read": "查看批量办理的一件", "library.batch.left": "批量办理留下一件", "library.batch.end": "结束批量办理", "library.import.undo": "撤销稿件导入", "library.item.after_review": "补审先发稿件",
	"library.item.comment_drop": "删除批注", "library.item.comment_settle": "处理批注", "library.item.consult_answer": "答复会签", "library.item.consult_waive": "免予会签", "library.item.core": "指定须译语种", "library.item.effect_revoke": "撤销效力说明",
	"library.item.fact_ask": "提请核实内容", "library.item.fact_answer": "核实内容", "library.item.fact_revoke": "撤销内容核实", "library.item.stamp": "登记发布时间戳", "library.item.take_over": "接办稿件", "library.item.translated": "登记译文", "library.item.validity": "设定文件时效",
	"library.move_in.admit": "迁入稿件入库", "library.package.bundle": "打包稿件", "library.route.set": "设定审核流程", "library.share.ask": "申请共用稿件",
	"lifecycle.launch.carry": "上线清单随机构调整", "lifecycle.release": "变更后解除限制", "media.bytes.put_away": "不再使用的媒体文件移出存储",
	"movein.visit": "查看原网站", "movein.bring": "迁入原网站内容", "movein.looked": "试迁完成", "movein.taken": "迁入完成", "movein.fail": "迁入未完成", "movein.undone": "撤销迁入", "notice.carry": "公告随机构调整",
	"notify.address": "设置接收地址", "notify.preference": "设置提醒方式", "obligation.feed": "开通时限日历", "obligation.handover": "时限移交", "obligation.put_off": "时限顺延", "obligation.recur": "产生周期时限", "obligation.rewind": "按节假日安排重算时限",
	"province.notice": "录入节假日安排", "province.recount": "按节假日安排重算时限", "province.settings": "设定本省规则", "province.system": "保存系统设置",
	"publishing.release": "生成发布版本", "publishing.unchanged": "发布内容没有变化", "publishing.rebuild": "重新生成网站", "publishing.reindex": "更新站内检索", "publishing.goon": "继续发布", "publishing.late": "定时发布延误", "publishing.late.settled": "延误的定时发布已完成",
	"publishing.setback": "退回以前的发布版本", "publishing.setback.failed": "退回发布版本未完成", "publishing.redirect.set": "设定网址跳转", "publishing.redirect.drop": "删除网址跳转", "publishing.redirect.host": "设定域名跳转", "publishing.redirect.import": "导入网址跳转", "publishing.redirect.tried": "试导入网址跳转",
	"queries.save": "保存查询", "queries.delete": "删除保存的查询", "reconciliation.compare": "比对台账", "reconciliation.enter": "按比对结果登记",
	"registry.account.sight": "登记账号核实情况", "registry.account.use": "登记账号使用情况", "registry.account.version": "登记客户端版本", "registry.column.edit": "修改栏目", "registry.column.move": "移动栏目", "registry.domain.change": "变更域名", "registry.domain.look": "核对域名",
	"registry.intake.batch": "导入台账一批", "registry.intake.fail": "导入台账未完成", "registry.intake.looked": "台账文件预检完成", "registry.intake.match": "对应台账文件的列", "registry.intake.undo_rows": "撤销导入的记录", "registry.intake.undone": "台账导入已撤销", "registry.place": "整理台账检索", "registry.recertify": "年度核对台账",
	"reporting.bulletin.compose": "编制通报", "reporting.bulletin.edit": "修改通报", "reporting.bulletin.correct": "更正通报", "reporting.bulletin.show": "公开或不公开通报", "reporting.experience.offer": "报送经验做法",
	"reporting.mailing.send": "发出结果通知", "reporting.mailing.resend": "重发结果通知", "reporting.mailing.read": "查看结果通知",
	"reposting.mark": "要求转载", "reposting.give": "登记转载网址", "reposting.look": "核对转载", "reposting.miss": "未按要求转载", "reposting.revoke": "撤销转载要求", "security.hole.withdraw": "撤销漏洞登记",
	"inspection.finding.release": "问题移出整改", "reporting.experience.decline": "不采用经验做法", "reporting.experience.publish": "推广经验做法", "reporting.experience.withdraw": "撤回经验做法",
	"reposting.issue": "发出转载要求", "reposting.see": "看到转载", "reposting.adopt": "按要求转载", "reposting.confirm": "确认转载", "layout.bar.end": "公告条到期", "layout.bar.take_down": "撤下公告条",
	"guidance.sign": "签收通知", "guidance.return": "报送通知要求的材料", "guidance.accept": "收下报送材料", "guidance.send_back": "退回报送材料", "merit.carry": "表扬或问责随机构调整", "merit.correct": "更正登记", "operator.contractor.register": "登记承办单位",
	"obligation.hand": "时限转交", "obligation.move": "时限移动", "obligation.pause": "时限暂停", "obligation.recount": "时限重算", "security.hole.order": "漏洞转整改", "security.hole.finish": "漏洞整改完成", "security.hole.plan": "制定漏洞整改计划", "library.share.void": "共用稿件作废",
	"registry.domain.enter": "登记域名", "registry.domain.apply": "申请域名", "registry.domain.activate": "启用域名", "registry.domain.suspend": "暂停域名", "registry.domain.restore": "恢复域名", "registry.domain.begin_cancel": "开始注销域名", "registry.domain.keep": "不再注销域名", "registry.domain.cancel": "注销域名", "registry.domain.strike": "删除域名登记",
	"selfcheck.confirm": "确认安全自查", "selfcheck.mend": "登记自查整改", "selfcheck.return": "退回安全自查",
	"training.plan": "安排培训", "training.hold": "登记培训完成", "training.attend": "登记参加培训", "training.sign_in": "培训签到", "training.code": "生成签到码", "training.cancel": "取消培训",
}

// Kind is a kind of what acts are done to.
type Kind struct{ ID, Name string }

// Kinds are the kinds of objects in the trail, those most asked for first.
var Kinds = []Kind{
	{"site", "站点"}, {"account", "账号"}, {"column", "栏目"}, {"unit", "单位"}, {"person", "人员"}, {"area", "区划"}, {"login", "登录账号"}, {"case", "审批事项"}, {"item", "稿件"}, {"letter", "来信"}, {"order", "整改通知"}, {"intake_file", "导入文件"},
	{"finding", "问题"}, {"alarm", "告警"}, {"incident", "事件"}, {"takedown", "应急撤下"}, {"duty_roster", "值班表"}, {"duty_shift", "班次"}, {"duty_swap", "换班"}, {"duty_handover", "交接班"}, {"duty_record", "巡检记录"}, {"protected_period", "重要保障期"}, {"zero_report", "零报告"},
	{"account_post", "账号岗位"}, {"account_sheet", "账号检查单"}, {"allow_word", "放行词语"}, {"annual_form", "年度报表"}, {"appraisal_object", "考核对象"}, {"appraisal_round", "考核"}, {"audit", "审计"}, {"bar_notice", "公告条"}, {"blind_campaign", "盲测"}, {"blind_letter", "测试信件"}, {"blueprint", "建站模板"},
	{"budget", "经费"}, {"case_batch", "批量审批"}, {"clearance", "存量清理"}, {"closing", "关停迁移"}, {"coordination", "协同监管"}, {"crawler_key", "巡检机公钥"}, {"disclosure", "法定公开"}, {"domain", "域名"}, {"error_report", "网民找错"},
	{"evidence", "检查证据"}, {"evidence_bytes", "检查证据文件"}, {"experience", "经验做法"}, {"filing", "备案"}, {"front_page", "应急首页"}, {"guidance", "工作通知"}, {"holiday_notice", "节假日安排"}, {"impostor", "假冒线索"}, {"impostor_candidate", "相近名称"}, {"inquiry", "核实单"}, {"inspection_run", "检查任务"},
	{"item_batch", "批量办理稿件"}, {"item_package", "稿件包"}, {"layout", "页面布局"}, {"ledger", "台账"}, {"ledger_share", "共享台账"}, {"lexicon_pack", "词库"}, {"mailing", "结果通知"}, {"media", "媒体文件"}, {"media_contact", "媒体联系人"}, {"media_matrix", "矩阵"}, {"merit", "表扬或问责"}, {"message", "消息"},
	{"mourning", "哀悼期"}, {"move_in_batch", "迁入"}, {"move_out", "整站导出"}, {"operating_rules", "运维管理细则"}, {"order_point", "整改问题"}, {"patrol_file", "巡检结果文件"}, {"patrol_plan", "巡检计划"}, {"platform", "集约化平台"}, {"platform_day", "平台迁移日"}, {"protection_grade", "等级保护"},
	{"reconciliation", "台账比对"}, {"recurring", "周期时限"}, {"repost_call", "转载要求"}, {"review_route", "审核流程"}, {"saved_query", "保存的查询"}, {"scoring_pack", "指标包"}, {"security_asset", "设备和产品"}, {"security_hole", "安全漏洞"}, {"security_plan", "年度安全检查"}, {"security_sheet", "安全检查单"}, {"selfcheck", "安全自查"},
	{"setting", "设置"}, {"share_schedule", "定期共享"}, {"source_edition", "稿源名单"}, {"tamper_alarm", "篡改告警"}, {"tenant", "进驻单位"}, {"theme", "主题"}, {"theme_key", "主题签名公钥"}, {"topic", "专题"}, {"training_course", "培训"}, {"transition", "状态转换"}, {"vantage", "监测点"}, {"pack", "指标包"}, {"hosting", "托管"}, {"notice", "公告"}, {"bulletin", "通报"}, {"source", "稿源"}, {"contractor", "承办单位"}, {"obligation", "时限"},
}

// KindName is a kind in Chinese; one without a name stands as it is.
func KindName(kind string) string {
	for _, k := range Kinds {
		if k.ID == kind {
			return k.Name
		}
	}
	return strings.TrimSpace(kind)
}
