package audit

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// acts says in Chinese what an act is. An act that is not here is composed of
// the words for its parts, or shown as it stands.
var acts = map[string]string{
	"library.remark.reason": "写明保留检查提示的理由", "library.allow.add": "上报误报", "library.allow.confirm": "确认误报", "library.allow.remove": "撤销放行", "library.item.links": "检查站外链接",
	"library.source.import": "导入稿源名单", "library.copies.fill": "补建相近稿件索引", "library.index.code": "登记索引号的机构代码", "library.source.freeze": "冻结稿源", "library.source.thaw": "解冻稿源", "library.interpretation.alarm": "政策解读逾期提醒",
	"library.item.end": "处理已公开稿件", "library.item.end_undo": "取消对已公开稿件的处理",
	"disclosure.place": "指定法定公开栏目", "disclosure.register": "登记待公开信息", "disclosure.attach": "关联公开稿件",
	"org.area.add": "登记区划", "org.area.rename": "区划更名", "org.unit.add": "登记单位", "org.unit.rehome": "单位改隶",
	"org.reorganise.rename": "更名", "org.reorganise.merge": "合并", "org.reorganise.split": "分设", "org.reorganise.abolish": "撤销", "org.reorganise.restore": "恢复", "org.reorganise.move": "改隶", "org.reorganise.upgrade": "调整类别、级别",
	"org.reorganise.area_rename": "区划更名", "org.reorganise.area_move": "区划改隶", "org.reorganise.area_merge": "区划合并", "org.unit.change": "修改单位信息", "org.person.change": "修改人员信息", "org.person.leave": "离岗",
	"org.post.assign": "登记法定岗位", "org.post.end": "免去法定岗位", "org.delegation.make": "委托代理", "org.delegation.end": "结束代理", "org.absence.record": "登记请假", "org.absence.end": "销假", "org.handover": "移交",
	"ledger.export": "导出列表", "org.people.export": "导出人员台账", "org.coverage.export": "导出开设覆盖", "registry.site.sponsor": "变更站点主办单位（机构调整）", "registry.account.sponsor": "变更账号主办单位（机构调整）", "registry.column.handover": "移交栏目",
	"registry.baseline.confirm": "存量认定", "cutover.clearance.list": "转入存量清理", "cutover.clearance.plan": "制定存量清理计划", "cutover.clearance.conclude": "存量清理办结", "cutover.export": "导出存量认定", "letters.handover": "移交来信",
	"org.person.add": "登记人员", "org.post.appoint": "任命岗位", "org.post.dismiss": "免去岗位",
	"registry.site.plan": "批准开设站点", "registry.site.enter": "存量站点登记", "registry.site.launch": "站点上线", "registry.site.change": "变更站点信息",
	"registry.site.monitor": "开关监测", "registry.site.export": "导出站点台账", "registry.column.add": "新增栏目", "registry.account.enter": "存量账号登记",
	"registry.intake.look": "预检导入文件", "registry.intake.take": "导入台账文件", "audit.verify": "校验审计",
	"obligation.open": "时限起算", "obligation.discharged": "时限办结", "obligation.void": "时限撤销", "obligation.look": "时限提醒",
	"signin.in": "登录", "signin.out": "退出登录", "signin.prove": "办理前再次验证身份", "signin.failed": "登录失败", "signin.locked": "账号锁定", "notify.send": "发送提醒",
	"notice.owe": "产生公告义务", "notice.post": "登记公告网址", "notice.look": "查看公告", "notice.page": "公告页面不公开或恢复公开", "notice.period": "公告期限调整", "notice.complete": "公告悬挂期满", "notice.release": "公告解除", "notice.annul": "公告作废",
	"filing.open": "产生备案事项", "filing.submit": "备案事项报送", "filing.record": "登记备案回执", "filing.acknowledge": "核对备案回执", "filing.return": "备案事项退回补正", "filing.annul": "备案事项作废",
	"closing.begin": "开始关停迁移", "closing.consent": "启动关停迁移", "closing.close": "关停", "closing.stop": "终止关停", "closing.column.decide": "确定栏目去向", "closing.item.prove": "登记关停依据",
	"closing.archive.start": "发起原站归档", "closing.archive.begin": "原站归档开始", "closing.archive.done": "原站归档完成", "closing.archive.failed": "原站归档未完成", "closing.archive.check": "校验原站归档", "closing.map.replace": "导入跳转表", "closing.map.set": "登记跳转",
	"inquiry.ask": "发出核实单", "inquiry.answer": "答复核实单", "inquiry.explain": "认定为已说明", "inquiry.find_unapproved": "认定为自行下线", "inquiry.account": "登记问责", "inquiry.back": "中断恢复", "obligation.extend": "时限顺延",
	"media.asset.add": "上传媒体文件", "media.asset.change": "修改媒体文件说明", "media.asset.remove": "删除媒体文件",
	"appearance.choose": "更改网站外观", "appearance.back": "退回上一版外观", "appearance.trouble": "主题画不出页面", "appearance.theme.install": "安装主题", "appearance.theme.withhold": "停止提供主题", "appearance.theme.offer": "重新提供主题",
	"appearance.key.trust": "信任主题签名公钥", "appearance.key.revoke": "吊销主题签名公钥", "appearance.mourning.declare": "设定哀悼期", "appearance.mourning.begin": "哀悼期开始", "appearance.mourning.end": "哀悼期结束",
	"appearance.front.propose": "提出应急首页", "appearance.front.approve": "批准应急首页", "appearance.front.refuse": "不同意应急首页", "appearance.front.withdraw": "撤回应急首页", "appearance.front.lift": "撤下应急首页", "appearance.front.expire": "应急首页到期撤下", "appearance.front.replace": "应急首页被代替", "appearance.front.review": "复核应急首页",
	"matrix.derive": "矩阵按台账归位", "matrix.place": "指定矩阵位置", "matrix.release": "矩阵位置改按台账", "matrix.gap.open": "矩阵缺少龙头", "matrix.gap.close": "矩阵龙头已有",
	"platform.add": "登记集约化平台", "platform.change": "修改集约化平台", "platform.retire": "停用集约化平台", "platform.stand": "登记所在平台", "platform.leave": "离开平台", "platform.plan": "制定迁移计划", "platform.plan.end": "迁移计划终止",
	"platform.migrated": "迁入平台完成", "platform.look": "核对域名指向", "platform.day": "迁移进度日记录", "platform.tenant.limits": "设定进驻限额", "platform.tenant.suspend": "暂停新增内容", "platform.tenant.resume": "恢复新增内容", "platform.tenant.warn": "限额提醒",
	"moveout.ask": "发起整站导出", "moveout.stage": "整站导出进度", "moveout.part": "整站导出完成一部分", "moveout.ready": "整站导出完成", "moveout.fetch": "下载整站导出", "moveout.fail": "整站导出未完成", "moveout.expire": "整站导出过期", "moveout.bring": "开始迁入网站档案", "moveout.keep": "迁入网站以前的记录", "moveout.arrive": "迁入网站档案完成", "letters.arrive": "来信随网站迁入", "publishing.address.take": "迁入停用的网址", "library.place.arrive": "迁入栏目中的位置", "library.item.end_arrive": "迁入稿件的归档或替代",
	"blueprint.keep": "存为建站模板", "blueprint.retire": "停用建站模板", "blueprint.build": "用模板建站", "app.backup": "完成备份",
	"impostor.find": "登记假冒线索", "impostor.verify": "核实为假冒", "impostor.dismiss": "认定不是假冒", "impostor.reopen": "重新核实假冒线索", "impostor.refer": "商请网信部门处理", "impostor.hand_on": "协调通信、公安处置", "impostor.result": "登记假冒处置结果", "impostor.vanish": "假冒已无法访问", "impostor.return": "假冒恢复访问", "impostor.close": "假冒线索办结", "impostor.look": "查看假冒", "impostor.reveal": "查看举报人联系方式", "impostor.candidates": "发现相近域名", "impostor.candidate_look": "查看相近域名的首页", "impostor.suspect": "相近域名登记为线索", "impostor.set_aside": "相近域名认定不是假冒",
	"newmedia.receipt": "登记账号检查情况", "newmedia.feed": "设置账号订阅源", "newmedia.import": "导入账号发布数据", "inspection.vantage.add": "登记监测点", "inspection.vantage.line": "设置自检地址", "inspection.vantage.revoke": "停用监测点", "inspection.stranger.refuse": "不收不认识的密钥签名的结果", "inspection.vantage.set_right": "监测点时钟校准，接着计数",
	"security.plan.make": "制定年度安全检查计划", "security.plan.cover": "年度安全检查补入网站", "security.plan.finish": "完成年度安全检查", "security.sheet.keep": "保存安全检查单", "security.hole.find": "登记安全漏洞", "security.order": "下发安全漏洞整改通知", "security.hole.mend": "报告漏洞已整改", "security.hole.return": "漏洞复测未通过", "security.hole.close": "漏洞复测通过",
	"vigil.declare": "声明重要保障期", "vigil.lift": "提前结束重要保障期", "vigil.lapse": "重要保障期到期", "vigil.summarise": "总结重要保障期", "vigil.ask": "产生零报告义务", "vigil.report": "零报告", "vigil.agree": "同意保障期例外",
	"duty.roster.fill": "编排值班表", "duty.roster.apply_pattern": "按周模板编排", "duty.roster.keep_pattern": "存为周模板", "duty.roster.set_shift": "改动班次", "duty.roster.drop_shift": "删除班次", "duty.roster.publish": "公布值班表", "duty.roster.reopen": "调整值班表",
	"duty.swap.ask": "申请换班", "duty.swap.agree": "同意换班", "duty.swap.decline": "不同意换班", "duty.swap.withdraw": "撤回换班", "duty.handover.give": "交班签字", "duty.handover.take": "接班签字", "duty.shift.end": "班次结束",
	"duty.record.ask": "产生巡检义务", "duty.record.asked": "查对应有的巡检记录", "duty.record.open": "开始巡检", "duty.record.look": "巡检一个网站", "duty.record.undo": "撤销巡检结论", "duty.record.confirm": "确认巡检记录",
	"duty.alarm.raise": "告警", "duty.alarm.ask": "催办告警", "duty.alarm.join": "并入告警", "duty.alarm.take": "接收告警", "duty.alarm.end": "结束告警", "duty.alarm.recover": "告警恢复", "duty.alarm.back": "网站恢复", "duty.alarm.escalate": "告警转报", "duty.alarm.tell": "告知告警", "duty.alarm.grown": "告警涉及更多网站",
	"duty.incident.open": "立案处置", "duty.incident.note": "记进展", "duty.incident.presence": "到位或离开", "duty.incident.assign": "分派任务", "duty.incident.finish": "完成任务", "duty.incident.paper": "上传处置材料", "duty.incident.propose": "提出结案", "duty.incident.close": "复核结案", "duty.incident.return": "退回结案",
	"duty.takedown.propose": "提出应急撤下", "duty.takedown.alone": "一人先行撤下", "duty.takedown.approve": "批准应急撤下", "duty.takedown.refuse": "不同意应急撤下", "duty.takedown.withdraw": "撤回应急撤下", "duty.takedown.review": "补审应急撤下", "duty.takedown.disagree": "补审认为应急撤下不必要",
	"inspection.dispute.take_up": "改由本人答复申辩", "inspection.finding.confirm_false": "确认误报", "inspection.finding.lapse": "问题终结", "inspection.finding.worsen": "问题加重", "inspection.run.unanswered": "巡检程序没有回传结果", "inspection.run.late": "迟到的巡检结果没有采用", "inspection.run.edition": "检查途中规则或词库有更新",
	"inspection.evidence.keep": "留存检查证据", "inspection.evidence.clear": "检查证据保存期满，文件不再留存", "inspection.evidence.put_away": "期满的证据文件移出存储", "inspection.evidence.drop": "期满的证据文件清除", "inspection.evidence.hold": "期满的证据文件另有记录使用，留存",
	"inspection.evidence.damaged": "证据文件损坏或缺失", "inspection.finding.words": "登记问题内容的摘要", "inspection.evidence.preserve": "保全检查证据", "inspection.evidence.unpreserve": "解除检查证据保全",
	"inspection.errand.ask": "交外网巡检机复测", "inspection.errand.answered": "外网巡检机带回复测结果", "inspection.errand.unanswered": "外网巡检机没有带回复测结果", "inspection.errand.refused": "带回的复测结果没有采用",
	"appraisal.round.open": "组织一轮考核", "appraisal.round.collect": "开始评判", "appraisal.round.freeze": "冻结考核结果", "appraisal.round.appeal": "送达考核结果", "appraisal.round.decide": "裁定考核结果", "appraisal.round.publish": "公布考核结果", "appraisal.round.withdraw": "撤回考核轮次", "appraisal.round.rescore": "重算核对考核结果",
	"appraisal.sample.name": "点名加入样本", "appraisal.sample.remove": "移出样本", "appraisal.sheet.keep": "提交评判表", "appraisal.sheet.rule": "裁定评判分歧", "appraisal.appeal.raise": "提出考核申诉", "appraisal.appeal.withdraw": "撤回考核申诉", "appraisal.appeal.uphold": "考核申诉成立", "appraisal.appeal.reject": "考核申诉不成立",
	"appraisal.result.accept": "确认考核结果", "appraisal.erratum.propose": "提出勘误", "appraisal.erratum.confirm": "确认勘误", "appraisal.erratum.refuse": "勘误未通过",
	"blindtest.plan": "计划盲测", "blindtest.start": "开始盲测", "blindtest.cancel": "取消盲测", "blindtest.close": "结束盲测", "blindtest.persona.ask": "申请启封发件人", "blindtest.persona.agree": "同意启封发件人", "blindtest.persona.read": "查看发件人", "letters.withdraw": "测试信件退出统计",
	"blindtest.letter.form": "打开写信页面", "blindtest.letter.send": "测试信件发出", "blindtest.letter.answer": "测试信件收到答复", "blindtest.letter.lapse": "测试信件期满未答复", "blindtest.letter.void": "测试信件作废", "blindtest.mark.give": "盲评答复", "blindtest.mark.settle": "裁定盲评分歧",
	"errorreport.import": "导入网民找错名单",
	"merit.enter":        "登记表扬或问责", "merit.check": "复核登记", "merit.return": "退回登记", "merit.amend": "改正后再送复核", "merit.drop": "作废登记",
	"coordination.referral.send": "移送协同监管单位", "coordination.referral.receive": "签收移送事项", "coordination.referral.answer": "反馈移送事项的处理结果", "coordination.referral.urge": "催办移送事项", "assessment.origin.file": "由检查记录列为问题",
	"annual.address": "回填年度报表网址", "annual.approve": "年度报表审核通过", "annual.end": "年度报表终止", "annual.keep": "保存年度报表", "annual.owe": "产生年度报表义务", "annual.publish": "公开年度报表",
	"annual.replace": "年度报表由更正版代替", "annual.return": "退回年度报表", "annual.submit": "报送年度报表", "annual.type": "填写年度报表", "annual.urge": "催报年度报表", "app.demo": "建立演示省份",
	"appraisal.round.show": "公开考核结果", "assessment.exempt": "登记考核豁免", "assessment.exempt.end": "结束考核豁免", "assessment.extension.ask": "申请整改延期", "assessment.extension.granted": "同意整改延期", "assessment.extension.refused": "不同意整改延期",
	"assessment.order.ask_confirm": "申请人工确认整改", "assessment.order.escalate": "整改通知上报督办", "assessment.order.reopen": "整改通知重新打开", "assessment.order.retest": "复测整改", "assessment.order.retested": "整改复测结果", "assessment.order.supervise": "发出督办函",
	"assessment.own.found": "记录本单位自行发现", "assessment.own.mended": "记录本单位自行改正", "assessment.point.find": "登记账号问题", "assessment.point.look": "核实账号问题", "case.batch.end": "批量办理结束", "case.batch.left": "未能批量办理",
	"case.batch.read": "批量办理抽看", "case.batch.start": "开始批量办理", "case.filled": "经办岗位空缺已补", "case.letter": "生成审批文书", "closing.column.relay": "重新列出栏目去向", "closing.hand_over": "关停内容移交",
	"closing.item.looked": "查看关停事项", "closing.item.seen": "关停事项核实完成", "closing.map.fill": "补全跳转表", "closing.redirect_until": "设定跳转期限", "columns.close": "停用栏目", "columns.decline": "不采用推送的稿件",
	"columns.offer": "推送稿件", "columns.subscribe": "订阅栏目", "columns.unsubscribe": "取消订阅", "cutover.breaches": "存量清理逾期列为问题", "demo.fill": "填充演示数据", "demo.posts": "填充演示账号数据",
	"demo.runs": "填充演示检查", "filing.carry": "沿用已有备案", "guidance.answer": "答复工作通知提问", "guidance.ask": "提问工作通知", "guidance.issue": "印发工作通知", "guidance.urge": "催办工作通知",
	"guidance.withdraw": "撤回工作通知", "impostor.spare": "登记某一方不需处置假冒", "inspection.baseline.advance": "确认新的页面基线", "inspection.baseline.unwatch": "停止监看页面", "inspection.baseline.watch": "开始监看页面", "inspection.finding.find": "发现问题",
	"inspection.finding.seen": "再次发现问题", "inspection.finding.retest": "复测问题", "inspection.finding.close": "问题办结", "inspection.finding.reopen": "问题重新打开", "inspection.finding.order": "问题列入整改通知", "inspection.finding.release": "问题退出整改通知",
	"inspection.finding.dispute": "报误报", "inspection.finding.uphold": "驳回误报", "inspection.patrol.missed": "巡检计划错过一轮", "inspection.patrol.plan": "制定巡检计划", "inspection.patrol.send": "计划交外网巡检机", "inspection.patrol.skip": "巡检计划跳过网站",
	"inspection.patrol.withdraw": "撤回未开始的检查", "inspection.patrol.draw": "巡检计划抽取样本", "inspection.patrol.pause": "暂停巡检计划", "inspection.patrol.resume": "恢复巡检计划", "inspection.patrol.end": "结束巡检计划", "inspection.run.begin": "检查开始",
	"inspection.run.fail": "检查没有完成", "inspection.run.finish": "检查完成", "inspection.run.hurry": "检查改为立即进行", "inspection.run.start": "发起检查", "integrity.alarm": "篡改告警", "integrity.ask": "要求立即核对页面",
	"integrity.seen": "再次发现篡改", "integrity.settle": "篡改告警处置", "layout.bar.hang": "悬挂飘窗公告", "layout.bar.move": "调整公告次序", "layout.bar.set": "修改悬挂公告", "layout.bring": "迁入网站编排",
	"layout.discard": "放弃编排草稿", "layout.topic.archive": "专题归档", "layout.topic.drop": "删除专题", "layout.topic.handover": "移交专题", "layout.topic.plan": "策划专题", "layout.topic.set": "修改专题",
	"letters.queue.open": "打开来信队列", "lexicon.ask": "提请确认词条", "lexicon.change": "修改词库", "library.batch.end": "批量审稿结束", "library.batch.left": "未能批量审稿", "library.batch.read": "批量审稿抽看",
	"library.batch.start": "开始批量审稿", "library.import.undo": "撤销导入的稿件", "library.item.after_review": "应急发布补审", "library.item.comment_drop": "删除批注", "library.item.comment_settle": "处理批注", "library.item.consult_answer": "答复意见征询",
	"library.item.consult_waive": "免除意见征询", "library.item.core": "设定外文版核心内容", "library.item.effect_revoke": "撤销效力变更", "library.item.fact_answer": "答复外部核查", "library.item.fact_ask": "请外部核查", "library.item.fact_revoke": "撤回外部核查",
	"library.item.stamp": "审核人署名", "library.item.take_over": "接手稿件", "library.item.translated": "登记外文版", "library.item.validity": "登记文件效力", "library.move_in.admit": "迁入稿件入库", "library.package.bundle": "成套报审",
	"library.route.set": "设定审核流程", "library.share.ask": "申请采用稿件", "lifecycle.launch.carry": "沿用上线材料", "lifecycle.release": "移动客户端版本发布", "media.bytes.put_away": "媒体文件移出存储", "movein.bring": "开始迁入",
	"movein.fail": "迁入没有完成", "movein.looked": "迁入预检完成", "movein.taken": "迁入完成", "movein.undone": "迁入已撤销", "movein.visit": "读取原站页面", "notice.carry": "沿用已有公告",
	"notify.address": "设定接收地址", "notify.preference": "设定接收方式", "obligation.feed": "生成日历订阅网址", "obligation.handover": "移交时限", "obligation.put_off": "时限处理没有完成，稍后再办", "obligation.recur": "产生定期时限",
	"obligation.rewind": "时钟调整后重新查看时限", "province.notice": "录入节假日安排", "province.settings": "设定本省规则", "province.system": "设定系统参数", "publishing.goon": "恢复发布", "publishing.late": "发布延迟",
	"publishing.late.settled": "发布延迟已恢复", "publishing.rebuild": "重新生成网站", "publishing.redirect.drop": "删除跳转", "publishing.redirect.host": "设定域名跳转", "publishing.redirect.import": "导入跳转表", "publishing.redirect.set": "设定跳转",
	"publishing.redirect.tried": "试开跳转", "publishing.reindex": "重建站内搜索", "publishing.release": "发布新版本", "publishing.setback": "退回以前的发布版本", "publishing.setback.failed": "退回发布版本没有完成", "publishing.unchanged": "发布内容没有变化",
	"queries.delete": "删除常用查询", "queries.save": "存为常用查询", "reconciliation.compare": "比对名单", "reconciliation.enter": "导入比对名单", "registry.account.sight": "留存账号查看所见", "registry.account.use": "登记账号使用量",
	"registry.account.version": "登记客户端版本", "registry.column.edit": "修改栏目", "registry.column.move": "移动栏目", "registry.domain.change": "变更域名信息", "registry.domain.look": "查看域名", "registry.intake.batch": "导入一批台账",
	"registry.intake.fail": "导入台账没有完成", "registry.intake.looked": "预检完成", "registry.intake.match": "对应导入的列", "registry.intake.undo_rows": "撤销导入的行", "registry.intake.undone": "导入已撤销", "registry.place": "改正台账记录所属区划",
	"registry.recertify": "台账年度核对", "reporting.bulletin.compose": "编制通报", "reporting.bulletin.correct": "更正通报", "reporting.bulletin.edit": "修改通报", "reporting.bulletin.show": "公开通报", "reporting.experience.offer": "推荐经验做法",
	"reporting.mailing.read": "阅知反馈结果", "reporting.mailing.resend": "补发反馈结果", "reporting.mailing.send": "发送反馈结果", "reposting.give": "登记转载网址", "reposting.look": "查看转载情况", "reposting.mark": "列为重要转载",
	"reposting.miss": "转载核对未通过", "reposting.revoke": "撤销重要转载", "security.hole.dispute": "对安全漏洞提出异议", "security.hole.withdraw": "撤销登记安全漏洞", "selfcheck.confirm": "确认自查结果", "selfcheck.mend": "登记自查整改", "selfcheck.return": "退回自查结果",
	"training.attend": "登记培训参加情况", "training.cancel": "取消培训", "training.code": "生成培训签到码", "training.hold": "登记已办培训", "training.plan": "计划培训", "training.sign_in": "培训签到",
	"audit.evidence":  "核对检查证据",
	"passage.declare": "登记状态转换", "setting.change": "变更设置",
	"assessment.extension.approve": "同意延长整改期限", "assessment.extension.refuse": "不同意延长整改期限", "inspection.finding.recur": "问题复现", "province.recount": "按节假日安排重算时限", "reporting.experience.decline": "不采用经验做法", "reporting.experience.publish": "推广经验做法",
	"reporting.experience.withdraw": "撤回经验做法", "reposting.issue": "发出转载要求", "reposting.see": "看到转载", "reposting.adopt": "按要求转载", "reposting.confirm": "确认转载", "layout.bar.end": "公告条到期",
	"layout.bar.take_down": "撤下公告条", "guidance.sign": "签收通知", "guidance.return": "报送通知要求的材料", "guidance.accept": "收下报送材料", "guidance.send_back": "退回报送材料", "merit.carry": "表扬或问责随机构调整",
	"merit.correct": "更正登记", "operator.contractor.register": "登记承办单位", "obligation.hand": "时限转交", "obligation.move": "时限移动", "obligation.pause": "时限暂停", "obligation.recount": "时限重算",
	"security.hole.order": "漏洞转整改", "security.hole.finish": "漏洞整改完成", "security.hole.plan": "制定漏洞整改计划", "library.share.void": "共用稿件作废", "registry.domain.enter": "登记域名", "registry.domain.apply": "申请域名",
	"registry.domain.activate": "启用域名", "registry.domain.suspend": "暂停域名", "registry.domain.restore": "恢复域名", "registry.domain.begin_cancel": "开始注销域名", "registry.domain.keep": "不再注销域名", "registry.domain.cancel": "注销域名",
	"registry.domain.strike": "删除域名登记",
}

var (
	actNouns = map[string]string{
		"org": "机构", "registry": "台账", "approval": "审批事项", "library": "信息资源库", "letters": "来信", "lifecycle": "站点生命周期", "signin": "登录",
		"inspection": "检查", "publishing": "发布", "assessment": "考核", "reporting": "报告", "obligation": "时限",
		"area": "区划", "unit": "单位", "person": "人员", "post": "岗位", "site": "站点", "column": "栏目", "account": "账号", "item": "稿件",
		"placement": "栏目引用", "source": "稿源", "opening": "开设申请", "matter": "办理事项", "offline": "下线时段", "launch": "上线清单", "notice": "公告", "override": "例外", "login": "登录账号",
		"password": "密码", "second": "二次验证", "session": "会话", "token": "接口令牌", "attachment": "附件", "order": "整改通知", "finding": "问题",
		"contractor": "承办单位", "paper": "承办文件", "review": "资质审核", "staff": "承办人员", "object": "承办对象", "scorecard": "月度考评",
		"rules": "运维管理细则", "resident": "进驻单位", "grade": "等级保护", "asset": "设备和产品", "hosting": "托管", "entry": "协同工作", "contact": "媒体联系人",
		"share": "共享台账", "schedule": "定期共享", "lines": "经费",
		"run": "检查任务", "release": "发布版本", "bulletin": "通报", "pack": "指标包", "score": "得分",
	}
	actVerbs = map[string]string{
		"add": "登记", "change": "变更", "create": "新建", "enter": "登记", "open": "开启", "close": "关闭", "start": "开始", "submit": "送审", "resubmit": "重新送审",
		"approve": "批准", "refuse": "不予批准", "return": "退回", "withdraw": "撤回", "pass": "审核通过", "publish": "发布", "take_down": "撤下", "take_back": "收回",
		"save": "保存", "link": "关联", "grant": "准予", "check": "核对", "disable": "停用", "enable": "恢复", "unlock": "解锁", "reset": "重置", "set_up": "设置",
		"end": "结束", "revoke": "吊销", "rehash": "更新存储", "accept": "受理", "answer": "答复", "assign": "分办", "redirect": "转办", "reveal": "查看个人信息",
		"conclude": "办结", "draft": "起草", "revise": "修改", "issue": "下发", "confirm": "确认", "due": "到期", "exit": "退出监管", "go_offline": "临时下线",
		"resume": "恢复", "emergency_offline": "紧急下线", "emergency_report": "书面报备", "begin_exit": "批准退出监管", "begin_closing": "启动关停", "keep": "终止关停", "abandon": "取消筹建", "unused": "未使用", "report": "书面报备", "closure_done": "办结注销关停", "exit_done": "办结退出监管", "exit_proof": "登记变更删除", "deregister": "开始注销登记", "offline_unused": "不再下线", "redesign_release": "改版上线", "app_release": "发布新版本", "launch": "上线", "plan": "批准开设", "test": "测试", "adopt": "采用", "begin": "开始承办", "renew": "恢复承办", "lapse": "协议到期", "consult": "征求意见", "comment": "反馈意见", "settle": "处理意见", "replace": "被代替", "repeal": "废止",
		"sign": "签收", "urge": "催办", "follow": "登记后续结果", "give": "共享", "read": "下载", "export": "导出", "import": "导入",
	}
)

// kinds says in Chinese what kind of thing an act was done to.
var kinds = map[string]string{
	"site": "站点", "account": "账号", "column": "栏目", "unit": "单位", "person": "人员", "area": "区划", "login": "登录账号", "case": "审批事项", "case_batch": "批量审批", "item": "稿件", "item_batch": "批量审稿", "item_package": "成套稿件", "item_consultation": "意见征询",
	"letter": "来信", "order": "整改通知", "order_point": "整改事项", "intake_file": "导入文件", "setting": "设置", "finding": "检查问题", "evidence": "检查证据", "evidence_bytes": "证据文件", "tamper_alarm": "篡改告警", "theme": "主题", "theme_key": "主题公钥", "reconciliation": "名单比对",
	"media_matrix": "新媒体矩阵", "media_matrix_gap": "矩阵空缺", "duty_roster": "值班表", "duty_record": "巡检记录", "duty_swap": "换班", "duty_shift": "班次", "duty_handover": "交接班", "closing": "关停", "ending": "下线关停", "blind_letter": "测试信件", "blind_campaign": "盲测",
	"vantage": "监测点", "source": "稿源", "source_edition": "稿源名单", "scoring_pack": "指标包", "pack": "指标包", "saved_query": "常用查询", "patrol_plan": "巡检计划", "patrol_file": "巡检文件", "obligation": "时限", "media": "媒体文件", "mailing": "结果反馈", "ledger": "台账",
	"inspection_run": "检查", "inquiry": "中断核实单", "impostor": "假冒线索", "impostor_step": "假冒处置", "impostor_candidate": "相近域名", "guidance": "工作通知", "domain": "域名", "disclosure": "法定公开事项", "bulletin": "通报", "audit": "审计", "annual_form": "年度报表",
	"zero_report": "零报告", "transition": "状态转换", "training_course": "培训", "topic": "专题", "tenant": "进驻单位", "resident": "进驻单位", "takedown": "应急撤下", "share_schedule": "定期共享", "ledger_share": "共享台账", "selfcheck": "自查", "security_sheet": "安全检查单", "security_plan": "年度安全检查",
	"security_hole": "安全漏洞", "security_asset": "设备和产品", "review_route": "审核流程", "repost_call": "重要转载", "repost": "转载", "recurring": "定期事项", "protection_grade": "等级保护", "protected_period": "重要保障期", "platform": "集约化平台", "platform_day": "迁移进度", "site_migration": "网站迁移",
	"operating_rules": "运维管理细则", "notice": "公告", "bar_notice": "悬挂公告", "move_out": "整站导出", "move_in_batch": "迁入批次", "mourning": "哀悼期", "message": "消息", "merit": "表扬和问责", "media_contact": "媒体联系人", "lexicon_pack": "词库", "allow_word": "放行词", "layout": "网站编排",
	"incident": "事件", "hosting": "托管", "holiday_notice": "节假日安排", "front_page": "应急首页", "filing": "备案事项", "experience": "经验做法", "error_report": "网民找错", "crawler_key": "巡检机密钥", "coordination": "协同工作", "contractor": "承办单位", "contractor_paper": "承办文件", "clearance": "存量清理",
	"budget": "经费", "blueprint": "建站模板", "appraisal_round": "考核轮次", "appraisal_object": "考核对象", "appraisal_appeal": "考核申诉", "alarm": "告警", "account_post": "账号发布", "account_receipt": "账号检查登记", "offline": "下线时段",
	"account_sheet": "账号检查单",
}

// KindName is a kind of thing in Chinese; a kind that is not here as it is written.
func KindName(kind string) string { return cmp.Or(kinds[kind], kind) }

// ActName is an act in Chinese, for lists and timelines.
func ActName(act string) string {
	if name := acts[act]; name != "" {
		return name
	}
	parts := strings.Split(act, ".")
	verb := actVerbs[parts[len(parts)-1]]
	if len(parts) < 2 || verb == "" {
		return act
	}
	noun := actNouns[parts[len(parts)-2]]
	if noun == "" {
		return act
	}
	return noun + "：" + verb
}

// Change is one field that an act changed, by its name in the record.
type Change struct{ Field, Before, After string }

// Changes are the fields that differ between before and after, by name. What
// is no JSON object counts as one field without name.
func (r Row) Changes() []Change {
	before, okBefore := fieldsOf(r.Before)
	after, okAfter := fieldsOf(r.After)
	if !okBefore || !okAfter {
		if r.Before == r.After {
			return nil
		}
		return []Change{{Before: plain(json.RawMessage(r.Before)), After: plain(json.RawMessage(r.After))}}
	}
	var out []Change
	for name := range merged(before, after) {
		if b, a := plain(before[name]), plain(after[name]); b != a {
			out = append(out, Change{name, b, a})
		}
	}
	slices.SortFunc(out, func(a, b Change) int { return strings.Compare(a.Field, b.Field) })
	return out
}

func merged(a, b map[string]json.RawMessage) map[string]bool {
	names := map[string]bool{}
	for n := range a {
		names[n] = true
	}
	for n := range b {
		names[n] = true
	}
	return names
}

func fieldsOf(text string) (map[string]json.RawMessage, bool) {
	if text == "" {
		return nil, true
	}
	var m map[string]json.RawMessage
	return m, json.Unmarshal([]byte(text), &m) == nil && m != nil
}

// plain is a JSON value as a person reads it.
func plain(v json.RawMessage) string {
	var s string
	switch text := string(v); {
	case text == "" || text == "null":
		return ""
	case text == "true":
		return "是"
	case text == "false":
		return "否"
	case json.Unmarshal(v, &s) == nil:
		return s
	default:
		return text
	}
}
