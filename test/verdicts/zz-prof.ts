import { createClassifier, tokenise } from '@desist/domain';
import { developmentSet } from './corpus.ts';
import { read } from '../../packages/domain/src/verdict/read.ts';
import { createDecider } from '../../packages/domain/src/verdict/decide.ts';
import { RULES } from '@desist/domain';
const rs = developmentSet()!.map(r=>r.reply);
const d = createDecider(RULES, []);
function t(name:string, f:(r:any)=>void){ for(let k=0;k<20;k++) for(const r of rs) f(r); const s=performance.now(); for(let k=0;k<60;k++) for(const r of rs) f(r); console.log(name, ((performance.now()-s)*1000/60/rs.length).toFixed(2),'us'); }
t('tokenise', r=>tokenise(r.text)); t('read', r=>read(r)); t('prepare', r=>d.prepare(r)); t('all', r=>d.verdict(d.prepare(r)));
