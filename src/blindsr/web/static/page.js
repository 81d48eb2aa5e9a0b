// Built from web/page; lit-html in it is under the licence in vendor/lit-html.
var st=new Intl.NumberFormat("en",{maximumFractionDigits:1});function ot(e){let t=["bytes","kB","MB","GB","TB"],s=e<1e3?0:Math.min(t.length-1,Math.floor(Math.log10(e)/3)),o=e/1e3**s;return`${o>=100?Math.round(o):st.format(o)} ${t[s]}`}var W=(e,t)=>`${e} \xD7 ${t}`;function J(e,t){let s=e*t/1e6;return`${s<.1?s.toFixed(2):st.format(s)} megapixels`}function ht(e){if(e<10)return`${st.format(Math.max(0,e))} s`;let t=Math.round(e);if(t<60)return`${t} s`;let s=Math.floor(t/60);return s<60?t%60?`${s} min ${t%60} s`:`${s} min`:s%60?`${Math.floor(s/60)} h ${s%60} min`:`${s/60} h`}function Ee(e){return e===null||!Number.isFinite(e)?"Just started":e<2?"Nearly done":e<10?"A few seconds left":e<55?`About ${Math.ceil(e/5)*5} s left`:e<3300?`About ${Math.round(e/60)||1} min left`:`About ${st.format(Math.round(e/360)/10)} h left`}var x=e=>`${Math.round(100*e)} %`,Z=e=>st.format(e),pt=(e,t)=>`${e} ${t}${e===1?"":"s"}`;function Y(e){return e===null?NaN:typeof e=="number"?e*1e3:Date.parse(e)}function k(e){let t=e.split(/[\s,:]/,1)[0]??"",s=/^[a-z]+$/.test(t)?e.charAt(0).toUpperCase()+e.slice(1):e;return/[.!?…]$/.test(s)?s:`${s}.`}var N=class extends Error{constructor(t,{status:s=0,code:o="",title:i="",retryAfter:n=0}={}){super(t),this.name="Problem",this.status=s,this.code=o,this.title=i,this.retryAfter=n}get offline(){return this.code==="offline"}};function ut(){return new N("The server does not answer.",{code:"offline",title:"No connection"})}function Ot(e,t,s=null){let o={};try{o=JSON.parse(t)??{}}catch{}let i=typeof o.title=="string"?o.title:"",n=typeof o.detail=="string"?o.detail:i;return new N(k(n||`The server answered with status ${e}.`),{status:e,title:i,code:typeof o.code=="string"?o.code:"",retryAfter:Number(s)||0})}function v(e){return e instanceof N?e:e instanceof TypeError?ut():new N(e instanceof Error?e.message:String(e))}async function ft(e,t){let s;try{s=await fetch(`v1/${e}`,t)}catch(o){throw o instanceof DOMException&&o.name==="AbortError"?o:ut()}if(!s.ok)throw Ot(s.status,await s.text(),s.headers.get("Retry-After"));return s}var I=async(e,t)=>(await ft(e,t)).json(),_e=(e,t={})=>({method:"POST",headers:{"Content-Type":"application/json",...t},body:JSON.stringify(e)}),Te=()=>I("models"),Se=e=>I(`photos/${e}`),Me=e=>I(`photos/${e}/analysis`),Ce=e=>ft(`photos/${e}`,{method:"DELETE"}),Ne=async()=>(await I("jobs")).jobs,Le=e=>ft(`jobs/${e}`,{method:"DELETE"}),Re=async e=>(await I(`jobs/${e}/command`)).command,mt=(e,t)=>I(`${e}/${t}/tiles.json`),je=(e,t,s)=>I("jobs",_e({photo:e,options:t},{"Idempotency-Key":s}));async function Ie(e,t,s,o,i){let n=await ft("preview",{..._e({photo:e,region:t,options:s,client:o}),signal:i});return{image:await n.blob(),model:n.headers.get("X-Blindsr-Model")??"",seconds:Number(n.headers.get("X-Blindsr-Seconds"))||0}}function Pe(e,t,s){return new Promise((o,i)=>{let n=new XMLHttpRequest;n.upload.onprogress=a=>a.lengthComputable&&t(a.loaded/a.total),n.onload=()=>n.status<300?o(JSON.parse(n.responseText)):i(Ot(n.status,n.responseText,n.getResponseHeader("Retry-After"))),n.onerror=()=>i(ut()),n.onabort=()=>i(new N("The upload was stopped.",{code:"aborted"})),s.addEventListener("abort",()=>n.abort());let r=new FormData;r.append("file",e,e.name),n.open("POST","v1/photos"),n.send(r)})}var y={preview:(e,t)=>`v1/photos/${e}/preview?side=${t}`,tile:(e,t,s,o,i,n)=>`v1/${e}/${t}/tiles/${s}/${o}_${i}.${n}`,result:e=>`v1/jobs/${e}/result`,report:e=>`v1/jobs/${e}/report`,map:e=>`v1/jobs/${e}/map`,zip:e=>`v1/results.zip?${e.map(t=>`job=${encodeURIComponent(t)}`).join("&")}`};var P=Object.freeze({model:"auto",sizing:"scale",scale:null,size:"",megapixels:null,strength:1,denoise:null,detail:null,noise:null,blur:null,steps:null,time_limit:"",native:"",tta:!1,format:"keep",quality:95,bits:"keep"}),js=["denoise","noise","blur","steps","time_limit"],Is=new Set(["jpeg","webp","avif","heic"]),Ps=(e,t)=>e.model==="auto"?t?.choice?.model??"":e.model,Ht=(e,t)=>e.model==="auto"?t?.choice?.detail??0:0,it=(e,t,s)=>t.find(o=>o.name===Ps(e,s))??null;function L(e,t){return t!==null&&(t.options??[]).includes(e)}function zs(e,t){let s={};for(let o of js){let i=e[o];i!==null&&i!==""&&L(o,t)&&(s[o]=i)}return s}function qt(e,t,s){let o=it(e,t,s),i=zs(e,o),n=e.model==="auto"&&Object.keys(i).length&&o?o.name:e.model,r={model:n,...i},a=e.detail??(n===e.model?null:Ht(e,s));return a!==null&&L("detail",o)&&(r.detail=a),e.tta&&(r.tta=!0),e.native?r.native=e.native:e.model==="auto"&&r.model!=="auto"&&(r.native="auto"),r}function ze(e,t,s){let o=qt(e,t,s);return e.sizing==="scale"&&e.scale&&(o.scale=e.scale),e.sizing==="size"&&e.size&&(o.size=e.size),e.sizing==="megapixels"&&e.megapixels&&(o.megapixels=e.megapixels),e.strength<1&&(o.strength=e.strength),e.format!=="keep"&&(o.format=e.format),e.quality!==P.quality&&(o.quality=e.quality),e.bits!=="keep"&&(o.bits=e.bits),o.report=!0,o}var De=(e,t)=>Is.has(e==="keep"?t.toLowerCase():e);function Oe(e,t,s){let o=Ds(e,t,s);return o===null||!Number.isFinite(o)||o<=0?null:[Math.max(1,Math.round(t.width*o)),Math.max(1,Math.round(t.height*o))]}function Ds(e,t,s){let{width:o,height:i}=t,n=s?.scale??4;if(e.sizing==="megapixels")return e.megapixels?Math.sqrt(e.megapixels*1e6/(o*i)):n;if(e.sizing==="scale"||!e.size)return e.scale??n;let[,r,a]=/^(\d*)x(\d*)$/.exec(e.size)??[];return!r&&!a?null:Math.min(r?Number(r)/o:1/0,a?Number(a)/i:1/0)}var Os=0,G=class{constructor(t,s=null){this.key=`item-${++Os}`,this.name=t,this.file=s,this.local=s?URL.createObjectURL(s):"",this.upload=s?"waiting":"kept",this.sent=0,this.photo=null,this.card=null,this.problem=null,this.settings={...P},this.region=null,this.jobs=[],this.shown=null,this.tab="preview",this.full=!1,this.asked=!1,this.stop=new AbortController}get job(){return this.jobs[0]??null}get done(){return this.jobs.filter(t=>t.state==="done")}get result(){return this.done.find(t=>t.id===this.shown)??this.done[0]??null}get busy(){return this.full||this.job?.state==="queued"||this.job?.state==="running"}get status(){return this.upload!=="kept"&&!(this.upload==="gone"&&this.job)?this.upload:this.full?"full":this.job?this.job.state:this.card||this.problem?"ready":"looking"}get restorable(){return this.upload==="kept"&&this.photo!==null&&!this.busy&&!this.asked}update(t){let s=this.jobs.findIndex(o=>o.id===t.id);s>=0?this.jobs[s]=t:this.jobs.unshift(t)}drop(t){this.jobs=this.jobs.filter(s=>s.id!==t),this.done.length||(this.tab="preview")}release(){this.local&&URL.revokeObjectURL(this.local),this.local="",this.file=null}};var He="blindsr.photographs";function qe(e=localStorage){try{let t=JSON.parse(e.getItem(He)??"[]");return Array.isArray(t)?t.filter(s=>typeof s?.id=="string"):[]}catch{return[]}}function z(e,t=localStorage){let s=e.flatMap(o=>o.photo?[{id:o.photo.id,settings:o.settings}]:[]);try{t.setItem(He,JSON.stringify(s))}catch{}}var Ut=class extends EventTarget{items=[];selectedKey=null;models=[];link="connecting";notices=[];forgotten=new Set;#t=!1;#e=0;changed(){this.#t||(this.#t=!0,queueMicrotask(()=>{this.#t=!1,this.dispatchEvent(new Event("change"))}))}get selected(){return this.items.find(t=>t.key===this.selectedKey)??null}get results(){return this.items.flatMap(t=>t.done[0]??[])}byPhoto(t){return this.items.find(s=>t!==null&&s.photo?.id===t)??null}byJob(t){return this.items.find(s=>s.jobs.some(o=>o.id===t))??null}add(t){this.items.push(t),this.selectedKey??=t.key,this.changed()}remove(t){let s=this.items.indexOf(t);this.items=this.items.filter(o=>o!==t),this.selectedKey===t.key&&(this.selectedKey=(this.items[s]??this.items[s-1])?.key??null),this.changed()}select(t){this.selectedKey=t.key,this.changed()}connected(t){let s=this.link==="lost"&&t==="open";this.link=t,this.changed(),s&&this.dispatchEvent(new Event("back"))}say(t,s="plain"){let o=++this.#e;this.notices=[...this.notices.slice(-2),{id:o,text:t,kind:s}],this.changed(),setTimeout(()=>this.dismiss(o),s==="bad"?12e3:5e3)}dismiss(t){this.notices=this.notices.filter(s=>s.id!==t),this.changed()}},d=new Ut;var Ue=2,Hs=5;function gt(e){let t=[...e].map(s=>new G(s.name||"Pasted photograph.png",s));for(let s of t)d.add(s);t[0]&&d.select(t[0]),t.length>1&&d.say(`${pt(t.length,"photograph")} added.`);for(let s=Ue-Be();s>0;s--)Bt()}var Be=()=>d.items.filter(e=>e.upload==="sending").length;async function Bt(){let e=d.items.find(t=>t.upload==="waiting");if(e?.file){e.upload="sending",d.changed();try{let t=s=>{e.sent=s,d.changed()};e.photo=await Pe(e.file,t,e.stop.signal),e.upload="kept",Q(e)}catch(t){if(e.stop.signal.aborted)return;e.upload="refused",e.problem=v(t),e!==d.selected&&Ft(e,e.problem.message)}finally{Bt()}z(d.items),d.changed()}}var Ft=(e,t)=>d.say(t.includes(e.name)?t:`${e.name}: ${t}`,"bad");function bt(e){e.upload="waiting",e.problem=null,e.sent=0,Be()<Ue&&Bt()}async function Q(e){if(e.photo){e.problem=null,d.changed();try{e.card=await Me(e.photo.id)}catch(t){e.problem=v(t)}d.changed()}}async function Vt(e){if(!e.photo||!e.restorable)return;let t=Wt(),s=ze(e.settings,d.models,e.card);e.asked=!0,d.changed();try{await qs(e,async()=>{let o=await je(e.photo?.id??"",s,t);d.byJob(o.id)||wt(o,!0)})}catch(o){Ft(e,v(o).message)}e.asked=!1,d.changed()}async function qs(e,t){for(;;)try{await t(),e.full=!1;return}catch(s){let o=v(s);if(o.status!==429)throw e.full=!1,o;if(e.full=!0,d.changed(),await new Promise(i=>setTimeout(i,1e3*(o.retryAfter||Hs))),!e.full||!d.items.includes(e))return}}async function Fe(){for(let e of Kt())await Promise.race([Vt(e),Us()])}var Us=()=>new Promise(e=>setTimeout(e,500)),Kt=()=>d.items.filter(e=>e.restorable&&!e.done.length);async function Ve(e){e.full=!1;let t=e.job;t&&(t.state==="queued"||t.state==="running")&&await Ke(e,t.id),d.changed()}async function Ke(e,t){try{await Le(t),e.drop(t)}catch(s){let o=v(s);o.status===404?e.drop(t):d.say(o.message,"bad")}}async function $t(e){e.stop.abort(),e.full=!1,e.photo&&d.forgotten.add(e.photo.id),d.remove(e),document.getElementById("work")?.focus({preventScroll:!0}),e.release(),z(d.items),await Promise.all(e.jobs.map(t=>Ke(e,t.id))),e.photo&&e.upload==="kept"&&await Ce(e.photo.id).catch(()=>{})}function We(e){for(let t of d.items)t.settings={...e.settings};z(d.items),d.say("All photographs have these settings now.","good")}function Je(e,t){e.settings={...e.settings,...t},z(d.items),d.changed()}function wt(e,t=!1){let s=d.byJob(e.id)??d.byPhoto(e.photo);if(!s)return;let o=s.jobs.find(i=>i.id===e.id)?.state;e.state==="cancelled"?s.drop(e.id):s.update(e),t&&e.state==="done"&&o!=="done"&&Bs(s,e),t&&e.state==="failed"&&o!=="failed"&&e.error&&s!==d.selected&&Ft(s,k(e.error.detail??e.error.title??"it failed")),d.changed()}function Bs(e,t){e.shown=t.id,e.tab="result",d.say(`${e.name} is restored.`,e===d.selected?"plain":"good")}function Wt(){return[...crypto.getRandomValues(new Uint8Array(16))].map(t=>t.toString(16).padStart(2,"0")).join("")}var Fs="image/*,.heic,.heif,.avif,.tif,.tiff,.ppm,.pgm,.pnm";function Ze(){let e=s=>document.documentElement.classList.toggle("dropping",s),t=0;addEventListener("dragenter",s=>{Jt(s)&&(t+=1,e(!0))}),addEventListener("dragleave",()=>{t=Math.max(0,t-1),t||e(!1)}),addEventListener("dragover",s=>Jt(s)&&s.preventDefault()),addEventListener("drop",s=>{t=0,e(!1),Jt(s)&&(s.preventDefault(),gt(s.dataTransfer?.files??[]))}),addEventListener("paste",s=>{let o=[...s.clipboardData?.files??[]];o.length&&gt(o)})}var Jt=e=>e.dataTransfer?.types.includes("Files")??!1;function vt(){let e=document.createElement("input");e.type="file",e.multiple=!0,e.accept=Fs,e.hidden=!0,e.dataset.testid="files",e.addEventListener("change",()=>{gt(e.files??[]),e.remove()}),e.addEventListener("cancel",()=>e.remove()),document.body.append(e),e.click()}var Yt=globalThis,Ye=e=>e,yt=Yt.trustedTypes,Ge=yt?yt.createPolicy("lit-html",{createHTML:e=>e}):void 0,Gt="$lit$",M=`lit$${Math.random().toFixed(9).slice(2)}$`,Qt="?"+M,Vs=`<${Qt}>`,H=document,rt=()=>H.createComment(""),at=e=>e===null||typeof e!="object"&&typeof e!="function",Xt=Array.isArray,os=e=>Xt(e)||typeof e?.[Symbol.iterator]=="function",Zt=`[ 	
\f\r]`,nt=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,Qe=/-->/g,Xe=/>/g,D=RegExp(`>|${Zt}(?:([^\\s"'>=/]+)(${Zt}*=${Zt}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),ts=/'/g,es=/"/g,is=/^(?:script|style|textarea|title)$/i,te=e=>(t,...s)=>({_$litType$:e,strings:t,values:s}),l=te(1),Ks=te(2),Ai=te(3),A=Symbol.for("lit-noChange"),h=Symbol.for("lit-nothing"),ss=new WeakMap,O=H.createTreeWalker(H,129);function ns(e,t){if(!Xt(e)||!e.hasOwnProperty("raw"))throw Error("invalid template strings array");return Ge!==void 0?Ge.createHTML(t):t}var rs=(e,t)=>{let s=e.length-1,o=[],i,n=t===2?"<svg>":t===3?"<math>":"",r=nt;for(let a=0;a<s;a++){let c=e[a],u,g,p=-1,b=0;for(;b<c.length&&(r.lastIndex=b,g=r.exec(c),g!==null);)b=r.lastIndex,r===nt?g[1]==="!--"?r=Qe:g[1]!==void 0?r=Xe:g[2]!==void 0?(is.test(g[2])&&(i=RegExp("</"+g[2],"g")),r=D):g[3]!==void 0&&(r=D):r===D?g[0]===">"?(r=i??nt,p=-1):g[1]===void 0?p=-2:(p=r.lastIndex-g[2].length,u=g[1],r=g[3]===void 0?D:g[3]==='"'?es:ts):r===es||r===ts?r=D:r===Qe||r===Xe?r=nt:(r=D,i=void 0);let m=r===D&&e[a+1].startsWith("/>")?" ":"";n+=r===nt?c+Vs:p>=0?(o.push(u),c.slice(0,p)+Gt+c.slice(p)+M+m):c+M+(p===-2?a:m)}return[ns(e,n+(e[s]||"<?>")+(t===2?"</svg>":t===3?"</math>":"")),o]},lt=class e{constructor({strings:t,_$litType$:s},o){let i;this.parts=[];let n=0,r=0,a=t.length-1,c=this.parts,[u,g]=rs(t,s);if(this.el=e.createElement(u,o),O.currentNode=this.el.content,s===2||s===3){let p=this.el.content.firstChild;p.replaceWith(...p.childNodes)}for(;(i=O.nextNode())!==null&&c.length<a;){if(i.nodeType===1){if(i.hasAttributes())for(let p of i.getAttributeNames())if(p.endsWith(Gt)){let b=g[r++],m=i.getAttribute(p).split(M),w=/([.?@])?(.*)/.exec(b);c.push({type:1,index:n,name:w[2],strings:m,ctor:w[1]==="."?At:w[1]==="?"?kt:w[1]==="@"?Et:U}),i.removeAttribute(p)}else p.startsWith(M)&&(c.push({type:6,index:n}),i.removeAttribute(p));if(is.test(i.tagName)){let p=i.textContent.split(M),b=p.length-1;if(b>0){i.textContent=yt?yt.emptyScript:"";for(let m=0;m<b;m++)i.append(p[m],rt()),O.nextNode(),c.push({type:2,index:++n});i.append(p[b],rt())}}}else if(i.nodeType===8)if(i.data===Qt)c.push({type:2,index:n});else{let p=-1;for(;(p=i.data.indexOf(M,p+1))!==-1;)c.push({type:7,index:n}),p+=M.length-1}n++}}static createElement(t,s){let o=H.createElement("template");return o.innerHTML=t,o}};function q(e,t,s=e,o){if(t===A)return t;let i=o!==void 0?s._$Co?.[o]:s._$Cl,n=at(t)?void 0:t._$litDirective$;return i?.constructor!==n&&(i?._$AO?.(!1),n===void 0?i=void 0:(i=new n(e),i._$AT(e,s,o)),o!==void 0?(s._$Co??=[])[o]=i:s._$Cl=i),i!==void 0&&(t=q(e,i._$AS(e,t.values),i,o)),t}var xt=class{constructor(t,s){this._$AV=[],this._$AN=void 0,this._$AD=t,this._$AM=s}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(t){let{el:{content:s},parts:o}=this._$AD,i=(t?.creationScope??H).importNode(s,!0);O.currentNode=i;let n=O.nextNode(),r=0,a=0,c=o[0];for(;c!==void 0;){if(r===c.index){let u;c.type===2?u=new X(n,n.nextSibling,this,t):c.type===1?u=new c.ctor(n,c.name,c.strings,this,t):c.type===6&&(u=new _t(n,this,t)),this._$AV.push(u),c=o[++a]}r!==c?.index&&(n=O.nextNode(),r++)}return O.currentNode=H,i}p(t){let s=0;for(let o of this._$AV)o!==void 0&&(o.strings!==void 0?(o._$AI(t,o,s),s+=o.strings.length-2):o._$AI(t[s])),s++}},X=class e{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(t,s,o,i){this.type=2,this._$AH=h,this._$AN=void 0,this._$AA=t,this._$AB=s,this._$AM=o,this.options=i,this._$Cv=i?.isConnected??!0}get parentNode(){let t=this._$AA.parentNode,s=this._$AM;return s!==void 0&&t?.nodeType===11&&(t=s.parentNode),t}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(t,s=this){t=q(this,t,s),at(t)?t===h||t==null||t===""?(this._$AH!==h&&this._$AR(),this._$AH=h):t!==this._$AH&&t!==A&&this._(t):t._$litType$!==void 0?this.$(t):t.nodeType!==void 0?this.T(t):os(t)?this.k(t):this._(t)}O(t){return this._$AA.parentNode.insertBefore(t,this._$AB)}T(t){this._$AH!==t&&(this._$AR(),this._$AH=this.O(t))}_(t){this._$AH!==h&&at(this._$AH)?this._$AA.nextSibling.data=t:this.T(H.createTextNode(t)),this._$AH=t}$(t){let{values:s,_$litType$:o}=t,i=typeof o=="number"?this._$AC(t):(o.el===void 0&&(o.el=lt.createElement(ns(o.h,o.h[0]),this.options)),o);if(this._$AH?._$AD===i)this._$AH.p(s);else{let n=new xt(i,this),r=n.u(this.options);n.p(s),this.T(r),this._$AH=n}}_$AC(t){let s=ss.get(t.strings);return s===void 0&&ss.set(t.strings,s=new lt(t)),s}k(t){Xt(this._$AH)||(this._$AH=[],this._$AR());let s=this._$AH,o,i=0;for(let n of t)i===s.length?s.push(o=new e(this.O(rt()),this.O(rt()),this,this.options)):o=s[i],o._$AI(n),i++;i<s.length&&(this._$AR(o&&o._$AB.nextSibling,i),s.length=i)}_$AR(t=this._$AA.nextSibling,s){for(this._$AP?.(!1,!0,s);t!==this._$AB;){let o=Ye(t).nextSibling;Ye(t).remove(),t=o}}setConnected(t){this._$AM===void 0&&(this._$Cv=t,this._$AP?.(t))}},U=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(t,s,o,i,n){this.type=1,this._$AH=h,this._$AN=void 0,this.element=t,this.name=s,this._$AM=i,this.options=n,o.length>2||o[0]!==""||o[1]!==""?(this._$AH=Array(o.length-1).fill(new String),this.strings=o):this._$AH=h}_$AI(t,s=this,o,i){let n=this.strings,r=!1;if(n===void 0)t=q(this,t,s,0),r=!at(t)||t!==this._$AH&&t!==A,r&&(this._$AH=t);else{let a=t,c,u;for(t=n[0],c=0;c<n.length-1;c++)u=q(this,a[o+c],s,c),u===A&&(u=this._$AH[c]),r||=!at(u)||u!==this._$AH[c],u===h?t=h:t!==h&&(t+=(u??"")+n[c+1]),this._$AH[c]=u}r&&!i&&this.j(t)}j(t){t===h?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,t??"")}},At=class extends U{constructor(){super(...arguments),this.type=3}j(t){this.element[this.name]=t===h?void 0:t}},kt=class extends U{constructor(){super(...arguments),this.type=4}j(t){this.element.toggleAttribute(this.name,!!t&&t!==h)}},Et=class extends U{constructor(t,s,o,i,n){super(t,s,o,i,n),this.type=5}_$AI(t,s=this){if((t=q(this,t,s,0)??h)===A)return;let o=this._$AH,i=t===h&&o!==h||t.capture!==o.capture||t.once!==o.once||t.passive!==o.passive,n=t!==h&&(o===h||i);i&&this.element.removeEventListener(this.name,this,o),n&&this.element.addEventListener(this.name,this,t),this._$AH=t}handleEvent(t){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,t):this._$AH.handleEvent(t)}},_t=class{constructor(t,s,o){this.element=t,this.type=6,this._$AN=void 0,this._$AM=s,this.options=o}get _$AU(){return this._$AM._$AU}_$AI(t){q(this,t)}},as={M:Gt,P:M,A:Qt,C:1,L:rs,R:xt,D:os,V:q,I:X,H:U,N:kt,U:Et,B:At,F:_t},Ws=Yt.litHtmlPolyfillSupport;Ws?.(lt,X),(Yt.litHtmlVersions??=[]).push("3.3.3");var ee=(e,t,s)=>{let o=s?.renderBefore??t,i=o._$litPart$;if(i===void 0){let n=s?.renderBefore??null;o._$litPart$=i=new X(t.insertBefore(rt(),n),n,void 0,s??{})}return i._$AI(e),i};var C={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},Tt=e=>(...t)=>({_$litDirective$:e,values:t}),tt=class{constructor(t){}get _$AU(){return this._$AM._$AU}_$AT(t,s,o){this._$Ct=t,this._$AM=s,this._$Ci=o}_$AS(t,s){return this.update(t,s)}update(t,s){return this.render(...s)}};var{I:Js}=as,ls=e=>e;var ds=e=>e.strings===void 0,cs=()=>document.createComment(""),et=(e,t,s)=>{let o=e._$AA.parentNode,i=t===void 0?e._$AB:t._$AA;if(s===void 0){let n=o.insertBefore(cs(),i),r=o.insertBefore(cs(),i);s=new Js(n,r,e,e.options)}else{let n=s._$AB.nextSibling,r=s._$AM,a=r!==e;if(a){let c;s._$AQ?.(e),s._$AM=e,s._$AP!==void 0&&(c=e._$AU)!==r._$AU&&s._$AP(c)}if(n!==i||a){let c=s._$AA;for(;c!==n;){let u=ls(c).nextSibling;ls(o).insertBefore(c,i),c=u}}}return s},R=(e,t,s=e)=>(e._$AI(t,s),e),Zs={},St=(e,t=Zs)=>e._$AH=t,hs=e=>e._$AH,Mt=e=>{e._$AR(),e._$AA.remove()};var E=Tt(class extends tt{constructor(e){if(super(e),e.type!==C.PROPERTY&&e.type!==C.ATTRIBUTE&&e.type!==C.BOOLEAN_ATTRIBUTE)throw Error("The `live` directive is not allowed on child or event bindings");if(!ds(e))throw Error("`live` bindings can only contain a single expression")}render(e){return e}update(e,[t]){if(t===A||t===h)return t;let s=e.element,o=e.name;if(e.type===C.PROPERTY){if(t===s[o])return A}else if(e.type===C.BOOLEAN_ATTRIBUTE){if(!!t===s.hasAttribute(o))return A}else if(e.type===C.ATTRIBUTE&&s.getAttribute(o)===t+"")return A;return St(e),t}});var ps=(e,t,s)=>{let o=new Map;for(let i=t;i<=s;i++)o.set(e[i],i);return o},ct=Tt(class extends tt{constructor(e){if(super(e),e.type!==C.CHILD)throw Error("repeat() can only be used in text expressions")}dt(e,t,s){let o;s===void 0?s=t:t!==void 0&&(o=t);let i=[],n=[],r=0;for(let a of e)i[r]=o?o(a,r):r,n[r]=s(a,r),r++;return{values:n,keys:i}}render(e,t,s){return this.dt(e,t,s).values}update(e,[t,s,o]){let i=hs(e),{values:n,keys:r}=this.dt(t,s,o);if(!Array.isArray(i))return this.ut=r,n;let a=this.ut??=[],c=[],u,g,p=0,b=i.length-1,m=0,w=n.length-1;for(;p<=b&&m<=w;)if(i[p]===null)p++;else if(i[b]===null)b--;else if(a[p]===r[m])c[m]=R(i[p],n[m]),p++,m++;else if(a[b]===r[w])c[w]=R(i[b],n[w]),b--,w--;else if(a[p]===r[w])c[w]=R(i[p],n[w]),et(e,c[w+1],i[p]),p++,w--;else if(a[b]===r[m])c[m]=R(i[b],n[m]),et(e,i[p],i[b]),b--,m++;else if(u===void 0&&(u=ps(r,m,w),g=ps(a,p,b)),u.has(a[p]))if(u.has(a[b])){let T=g.get(r[m]),Dt=T!==void 0?i[T]:null;if(Dt===null){let ke=et(e,i[p]);R(ke,n[m]),c[m]=ke}else c[m]=R(Dt,n[m]),et(e,i[p],Dt),i[T]=null;m++}else Mt(i[b]),b--;else Mt(i[p]),p++;for(;m<=w;){let T=et(e,c[w+1]);R(T,n[m]),c[m++]=T}for(;p<=b;){let T=i[p++];T!==null&&Mt(T)}return this.ut=r,St(e,c),A}});var f=e=>l`<svg class="icon" aria-hidden="true" focusable="false">
    <use href="#icon-${e}"></use>
  </svg>`;var $=class extends HTMLElement{#t=new AbortController;connectedCallback(){this.#t=new AbortController,d.addEventListener("change",()=>this.draw(),{signal:this.ended}),this.draw()}disconnectedCallback(){this.#t.abort()}get ended(){return this.#t.signal}refuge="";draw(){if(!this.isConnected)return;let t=this.refuge&&this.contains(document.activeElement);if(ee(this.template(),this,{host:this}),!t||this.contains(document.activeElement))return;let s=this.querySelector(this.refuge);s instanceof HTMLElement&&s.focus({preventScroll:!0})}template(){throw new Error("an element needs a template")}};var se=class extends ${template(){let t=["localhost","127.0.0.1","[::1]"].includes(location.hostname);return l`<section class="invitation">
      <div class="invitation-drop">
        <img src="static/empty.svg" alt="" width="360" height="220" />
        <h1>Drop photographs here</h1>
        <p class="lead">
          See how each one was blurred, made noisy and compressed, and restore it under just that condition.
        </p>
        <button class="button primary large" @click=${vt}>${f("photo")}Choose photographs</button>
        <p class="soft small keys">or paste one with <kbd>Ctrl</kbd> <kbd>V</kbd></p>
      </div>
      <p class="soft small">
        JPEG, PNG, WebP, TIFF, AVIF, HEIC, GIF and more.
        ${t?"They stay on this computer.":l`They go to ${location.host} and nowhere else.`}
      </p>
    </section>`}};customElements.define("drop-zone",se);var Ys={good:"check",bad:"alert",plain:"photo"},oe=class extends ${template(){return l`<div class="notices" role="log" aria-live="polite" aria-label="Messages">
      ${ct(d.notices,t=>t.id,t=>l`<div class="notice ${t.kind} ${t.kind==="plain"?"visually-hidden":""}">
            ${f(Ys[t.kind])}
            <p>${t.text}</p>
            <button class="button quiet square" aria-label="Dismiss" @click=${()=>d.dismiss(t.id)}>
              ${f("close")}
            </button>
          </div>`)}
    </div>`}};customElements.define("notice-list",oe);function Ct(e){let t=e.target;if(!(t instanceof HTMLImageElement))return;t.style.visibility="hidden";let{src:s}=t,o=()=>{t.isConnected&&t.src===s&&(t.src=s)};d.addEventListener("back",o,{once:!0})}function us(e){e.target instanceof HTMLElement&&(e.target.style.visibility="visible")}function B(e){let t=e.job;switch(e.status){case"waiting":return{text:"Waiting to be sent",icon:"clock",progress:null,kind:"plain"};case"sending":return e.sent>=1?{text:"Reading",icon:null,progress:null,kind:"busy"}:{text:`Sending, ${x(e.sent)}`,icon:null,progress:e.sent,kind:"busy"};case"refused":return e.problem?.offline?{text:"Not sent yet",icon:"unplugged",progress:null,kind:"bad"}:{text:"Cannot be read",icon:"alert",progress:null,kind:"bad"};case"looking":return{text:"Analysing",icon:null,progress:null,kind:"busy"};case"full":return{text:"Waiting for room in the queue",icon:"clock",progress:null,kind:"plain"};case"queued":return{text:Gs(t?.position??null),icon:"clock",progress:null,kind:"plain"};case"running":return{text:Ee(t?.seconds_left??null),icon:null,progress:t?.progress??0,kind:"busy"};case"done":return{text:"Restored",icon:"check",progress:null,kind:"good"};case"failed":return{text:"Failed",icon:"alert",progress:null,kind:"bad"};case"gone":return{text:"Not on the server any more",icon:"alert",progress:null,kind:"bad"};default:return{text:"Ready",icon:null,progress:null,kind:"plain"}}}function Gs(e){return e===null?"In the queue":e===0?"Next in the queue":`Number ${e+1} in the queue`}var Qs={blur:to,noise:eo,jpeg:so,resolution:oo};function fs(e,t,s){e.width=e.height=112;let o=e.getContext("2d");o&&Qs[t](o,s,getComputedStyle(e).color)}function Xs(e,t){let s=(t-1)/2,o=(i,n)=>Math.exp(-((i-s)**2+(n-s)**2)/(2*Math.max(e,.15)**2));return Array.from({length:t},(i,n)=>Array.from({length:t},(r,a)=>o(a,n)))}function to(e,t,s){let o=t.blur?.width??0,i=t.blur?.kernel??Xs(o,2*Math.ceil(Math.max(4,2.5*o))+1),n=i.length,r=Math.max(...i.flat()),a=112/n;e.fillStyle=s,i.forEach((c,u)=>c.forEach((g,p)=>{e.globalAlpha=r>0?Math.sqrt(Math.max(0,g)/r):0,e.fillRect(p*a,u*a,Math.max(1,a-1),Math.max(1,a-1))}))}function eo(e,t,s){let o=t.noise?.sigma??0,i=Number(t.noise?.grain??0)>.5?8:4,n=io(7);e.fillStyle=s;for(let r=0;r<112;r+=i)for(let a=0;a<112;a+=i){let c=.25+(n()+n()+n()-1.5)*8*o/255;e.globalAlpha=Math.min(.95,Math.max(.03,c)),e.fillRect(a,r,i,i)}}function so(e,t,s){let o=t.jpeg?.found?Math.min(1,(100-(t.jpeg.quality??60))/60):0,i=112/4,n=i/7,r=(a,c)=>.5+.45*Math.sin(.065*a+.4)*Math.cos(.05*c-.3);e.fillStyle=s;for(let a=0;a<112;a+=n)for(let c=0;c<112;c+=n){let u=r((Math.floor(c/i)+.5)*i,(Math.floor(a/i)+.5)*i);e.globalAlpha=(1-o)*r(c,a)+o*u,e.fillRect(c,a,n+.5,n+.5)}}function oo(e,t,s){let i=108*(t.resolution?.native_fraction??1);e.fillStyle=e.strokeStyle=s,e.globalAlpha=.8,e.fillRect(2,110-i,i,i),e.globalAlpha=.9,e.lineWidth=3,e.setLineDash([7,6]),e.strokeRect(2,2,108,108)}function io(e){let t=e;return()=>{t=t+1831565813|0;let s=Math.imul(t^t>>>15,1|t);return s=s+Math.imul(s^s>>>7,61|s)^s,((s^s>>>14)>>>0)/4294967296}}async function ms(e,t=2048){let s=new Image;s.src=e,await s.decode();let o=Math.min(1,t/Math.max(s.naturalWidth,s.naturalHeight)),i=document.createElement("canvas");i.width=Math.max(1,Math.round(s.naturalWidth*o)),i.height=Math.max(1,Math.round(s.naturalHeight*o));let n=i.getContext("2d");if(!n)throw new Error("The browser cannot draw the map.");n.drawImage(s,0,0,i.width,i.height);let r=n.getImageData(0,0,i.width,i.height);for(let c=0;c<r.data.length;c+=4){let u=r.data[c]??0;r.data.set([255,150-u/4,20,u],c)}n.putImageData(r,0,0);let a=await new Promise(c=>i.toBlob(c));return URL.createObjectURL(a)}var gs=e=>[no(e),ro(e),ao(e),lo(e)];function bs(e){return e===null||Number.isNaN(e)?"":e>=.9?"Sure":e>=.7?"Fairly sure":e>=.4?"Not sure":"A guess"}function no(e){let t=e.blur?.width??null,s={kind:"blur",title:"Blur",confidence:e.blur?.confidence??null};if(t===null)return{...s,confidence:null,value:"Unknown",sentence:"The photograph is too small to measure it."};let o=t<.6?"Hardly blurred":t<1.2?"A little soft":t<2.5?"Clearly blurred":"Strongly blurred",i=e.blur?.kernel?"as drawn here":"the same in every direction";return{...s,value:`${Z(t)} px`,sentence:`${o}, ${i}.`}}function ro(e){let t=e.noise?.sigma??null,s={kind:"noise",title:"Noise",confidence:e.noise?.confidence??null};if(t===null)return{...s,confidence:null,value:"Unknown",sentence:"The photograph is too small to measure it."};if(t<.5)return{...s,value:"None",sentence:"No noise to be seen."};let o=t<5?"A little noise":t<15?"Clear noise":"Strong noise",i=Number(e.noise?.grain??0),n=i>.5?", most of it coarse grain":i>.2?", some of it coarse grain":"";return{...s,value:`${Z(t)} of 255`,sentence:`${o}${n}.`}}function ao(e){let t=e.jpeg,s={kind:"jpeg",title:"JPEG",confidence:t?.confidence??null};if(!t?.found)return{...s,confidence:null,value:"None",sentence:"No traces of compression."};let o=t.source==="file"?"The file says so.":"Seen in the pixels.",i=t.period&&Math.abs(t.period-8)>.1?` Its blocks are ${Z(t.period)} pixels wide: it was resized since.`:"",n=t.quality===null?"Compressed":`Quality ${t.quality}`;return{...s,value:n,sentence:o+i}}function lo(e){let t=e.resolution?.native_fraction??1,s={kind:"resolution",title:"True resolution",confidence:e.resolution?.confidence??null,value:x(t)};if(t>=.995)return{...s,sentence:"Every pixel carries detail."};let[o,i]=[Math.round(e.width*t),Math.round(e.height*t)];return{...s,sentence:`${o} \xD7 ${i} pixels would hold all that it shows.`}}function $s(e){return e.choice?e.choice.reasons.map(k):[]}var ie=class extends ${item=null;#t;#e=matchMedia("(prefers-color-scheme: dark)");connectedCallback(){super.connectedCallback(),this.#e.addEventListener("change",()=>this.#s(),{signal:this.ended})}draw(){super.draw(),this.item?.card!==this.#t&&this.#s()}#s(){let t=this.item?.card;this.#t=t;for(let s of this.querySelectorAll("canvas"))t&&fs(s,s.dataset.kind,t)}template(){let t=this.item;return t?l`<section
      class="card"
      aria-labelledby="card-title"
      aria-busy=${t.card||t.problem?"false":"true"}
    >
      <h2 id="card-title">What is wrong with it</h2>
      ${t.card?co(t.card):t.problem?fo(t):uo()}
    </section>`:h}},co=e=>l`
  <dl class="findings">${gs(e).map(po)}</dl>
  ${e.warnings.map(t=>l`<p class="warning">${f("alert")}<span>${k(t)}</span></p>`)}
  ${ho(e)}
  <details class="more">
    <summary>All numbers</summary>
    <pre tabindex="0">${JSON.stringify(e.report??e,null,2)}</pre>
  </details>
`,ho=e=>e.choice?l`<div class="decision">
        <h3>
          ${f("spark")}<span>Best restored with <code>${e.choice.model}</code></span>
        </h3>
        ${$s(e).map(t=>l`<p>${t}</p>`)}
      </div>`:h;function po({kind:e,title:t,value:s,sentence:o,confidence:i}){return l`<div class="finding">
    <canvas data-kind=${e} width="112" height="112" aria-hidden="true"></canvas>
    <dt>${t}<span class="value">${s}</span></dt>
    <dd>
      <span>${o}</span>
      ${i===null?h:l`<span class="sure" title="${x(i)} sure">
              ${bs(i)}<meter min="0" max="1" value=${i} aria-label="Confidence"></meter>
            </span>`}
    </dd>
  </div>`}var uo=()=>l`<p class="visually-hidden" role="status">Analysing the photograph.</p>
    <div class="findings" aria-hidden="true">
      ${[0,1,2,3].map(()=>l`<div class="finding ghost"><i></i><b></b><u></u></div>`)}
    </div>`,fo=e=>l`<p class="warning bad" role="alert">${f("alert")}<span>${e.problem?.message}</span></p>
    <button class="button" @click=${()=>Q(e)}>${f("again")}Try again</button>`;customElements.define("degradation-card",ie);var ne=class extends ${template(){return l`<nav class="photos" aria-label="Photographs">
      <ul @keydown=${this.#t}>
        ${ct(d.items,t=>t.key,t=>l`<li>${mo(t)}</li>`)}
      </ul>
    </nav>`}#t(t){let s={ArrowDown:1,ArrowRight:1,ArrowUp:-1,ArrowLeft:-1}[t.key];if(!s||t.ctrlKey||t.metaKey)return;let o=[...t.currentTarget.querySelectorAll("button")],i=o[o.indexOf(document.activeElement)+s];i&&(t.preventDefault(),i.focus())}};function mo(e){let{text:t,icon:s,progress:o,kind:i}=B(e),n=e.key===d.selectedKey;return l`<button
    class="photo-entry ${i}"
    aria-current=${n?"true":h}
    @click=${()=>d.select(e)}
  >
    <span class="thumb">${go(e)}</span>
    <span class="photo-text">
      <span class="photo-name">${e.name}</span>
      <span class="photo-status">${s?f(s):h}<span>${t}</span></span>
      ${i==="busy"?re(o):h}
    </span>
  </button>`}var re=e=>l`<progress class="thin" max="1" aria-hidden="true" value=${e??h}></progress>`;function go(e){let t=e.photo&&e.upload==="kept"?y.preview(e.photo.id,256):e.local;return!t||e.upload==="refused"?f("photo"):l`<img src=${t} alt="" loading="lazy" @error=${Ct} @load=${us} />`}customElements.define("photo-list",ne);var ae=new EventTarget;function j(e){let t=document.documentElement;t.classList.contains("flipped")!==e&&(t.classList.toggle("flipped",e),ae.dispatchEvent(new CustomEvent("flip",{detail:e})))}function ws(){addEventListener("keydown",e=>{e.key.toLowerCase()!=="b"||e.ctrlKey||e.metaKey||e.altKey||bo(e)||j(!0)}),addEventListener("keyup",e=>e.key.toLowerCase()==="b"&&j(!1)),addEventListener("blur",()=>j(!1)),addEventListener("pointerup",()=>j(!1)),addEventListener("pointercancel",()=>j(!1))}function le(e){e.key!==" "&&e.key!=="Enter"||(e.preventDefault(),j(e.type==="keydown"))}function bo(e){let t=e.target;return t instanceof HTMLElement?t.matches("textarea, select, input:not([type=range], [type=checkbox], [type=radio])"):!1}var $o=140,Nt=class{state="idle";picture="";model="";seconds=0;problem=null;#t="";#e=0;#s=new AbortController;constructor(t,s,o=Ie){this.client=t,this.changed=s,this.ask=o}want(t){let s=JSON.stringify(t);s!==this.#t&&(this.#i(),this.#t=s,this.#o("working",""),this.#e=window.setTimeout(()=>{this.#n(t)},$o))}again(){let t=this.#t;this.#t="",t&&this.want(JSON.parse(t))}end(){this.#i(),this.#t="",this.#o("idle","")}#i(){clearTimeout(this.#e),this.#s.abort(),this.#s=new AbortController}async#n({photo:t,region:s,options:o}){let{signal:i}=this.#s;try{let{image:n,model:r,seconds:a}=await this.ask(t,s,o,this.client,i);if(i.aborted)return;this.model=r,this.seconds=a,this.#o("done",URL.createObjectURL(n))}catch(n){let r=v(n);if(i.aborted||r.code==="superseded")return;this.problem=r,this.#o("failed","")}}#o(t,s){this.picture&&URL.revokeObjectURL(this.picture),this.state=t,this.picture=s,this.changed()}};var Lt=[96,128,192,256,384],vs=192,F=(e,t,s)=>Math.min(s,Math.max(t,e));function Rt(e,t,s,o){let i=Math.min(o,e.width),n=Math.min(o,e.height),r=F(Math.round(t-i/2),0,e.width-i),a=F(Math.round(s-n/2),0,e.height-n);return[r,a,i,n]}var ce=([e,t,s,o])=>[e+s/2,t+o/2],ys=(e,t=vs)=>Rt(e,e.width/2,e.height/2,t);function xs(e,t,s,o){let[i,n,r,a]=e;return[F(i+s,0,t.width-r),F(n+o,0,t.height-a),r,a]}function jt(e,t,s){let o=Math.max(e[2],e[3]),i=Lt.reduce((c,u)=>Math.abs(u-o)<Math.abs(c-o)?u:c),n=F(Lt.indexOf(i)+s,0,Lt.length-1),[r,a]=ce(e);return Rt(t,r,a,Lt[n]??vs)}function As(e,t){let s=t?64:16;return e==="ArrowLeft"?[-s,0]:e==="ArrowRight"?[s,0]:e==="ArrowUp"?[0,-s]:e==="ArrowDown"?[0,s]:null}var wo=48,V=new Map,de=new Map;function vo(e,[t,s,o,i]){let{tile_size:n,overlap:r}=e,a=[];for(let c=Math.floor(s/n);c*n<s+i;c++)for(let u=Math.floor(t/n);u*n<t+o;u++)a.push({column:u,row:c,x:u*n-(u?r:0),y:c*n-(c?r:0)});return a}async function ks(e,t,s,o){let i=await yo(t),n=await Promise.all(vo(i,s).map(async p=>({...p,picture:await xo(y.tile("photos",t,i.max_level,p.column,p.row,i.format))})));if(o.aborted)return;let[r,a,c,u]=s;e.width=c,e.height=u;let g=e.getContext("2d");for(let{picture:p,x:b,y:m}of n)g?.drawImage(p,b-r,m-a)}function yo(e){let t=de.get(e);return t||(t=mt("photos",e),t.catch(()=>de.delete(e)),de.set(e,t)),t}function xo(e){let t=V.get(e);if(!t){let s=new Image;s.src=e,t=s.decode().then(()=>s),t.catch(()=>V.delete(e))}V.delete(e),V.set(e,t);for(let s of V.keys()){if(V.size<=wo)break;V.delete(s)}return t}function It(e,t,s){s(t),e.setPointerCapture(t.pointerId);let o=new AbortController,{signal:i}=o;e.addEventListener("pointermove",s,{signal:i});for(let n of["pointerup","pointercancel"])e.addEventListener(n,()=>o.abort(),{signal:i})}var he=class extends ${item=null;template(){let{item:t}=this,{photo:s,region:o}=t??{};if(!s||!o)return h;let[i,n,r,a]=o;return l`<div class="locator" @pointerdown=${this.#e}>
      <img
        src=${y.preview(s.id,1024)}
        width=${s.width}
        height=${s.height}
        alt="The whole photograph"
        draggable="false"
      />
      <div
        class="frame"
        role="group"
        tabindex="0"
        aria-roledescription="movable frame"
        aria-label="Part that is previewed: ${r} by ${a} pixels at ${i}, ${n}"
        aria-describedby="frame-keys"
        @keydown=${this.#s}
      ></div>
    </div>`}draw(){super.draw();let t=this.querySelector(".frame"),{photo:s,region:o}=this.item??{};if(!(t instanceof HTMLElement)||!s||!o)return;let[i,n,r,a]=o;t.style.left=`${100*i/s.width}%`,t.style.top=`${100*n/s.height}%`,t.style.width=`${100*r/s.width}%`,t.style.height=`${100*a/s.height}%`}#t(t){this.dispatchEvent(new CustomEvent("region",{detail:t,bubbles:!0}))}#e(t){let{photo:s,region:o}=this.item??{};if(t.button!==0||!s||!o)return;t.preventDefault();let i=t.currentTarget,n=i.getBoundingClientRect(),r=m=>({x:(m.clientX-n.left)/n.width*s.width,y:(m.clientY-n.top)/n.height*s.height}),a=r(t),c=Math.max(o[2],o[3]),u=t.target.classList.contains("frame"),[g,p]=u?ce(o):[a.x,a.y];It(i,t,m=>{let w=r(m);this.#t(Rt(s,g+w.x-a.x,p+w.y-a.y,c))}),i.querySelector(".frame")?.focus({preventScroll:!0})}#s(t){let{photo:s,region:o}=this.item??{};if(!s||!o||t.ctrlKey||t.metaKey||t.altKey)return;let i=As(t.key,t.shiftKey),n={"+":-1,"=":-1,"-":1}[t.key];if(i)this.#t(xs(o,s,...i));else if(n)this.#t(jt(o,s,n));else return;t.preventDefault()}};customElements.define("region-frame",he);var Es=.02,dt=class extends HTMLElement{#t=.5;#e=new AbortController;connectedCallback(){this.#e=new AbortController,this.tabIndex=0;for(let[i,n]of Object.entries({role:"slider","aria-label":"Where after begins","aria-valuemin":"0","aria-valuemax":"100","aria-orientation":"horizontal"}))this.setAttribute(i,n);let{signal:t}=this.#e,s=this.#s;(this.hasAttribute("anywhere")?s:this).addEventListener("pointerdown",i=>this.#i(i),{signal:t}),this.addEventListener("keydown",i=>this.#n(i),{signal:t}),this.value=this.#t}disconnectedCallback(){this.#e.abort()}get value(){return this.#t}set value(t){this.#t=F(t,0,1);let s=Math.round(100*this.#t);this.#s.style.setProperty("--wipe",`${100*this.#t}%`),this.setAttribute("aria-valuenow",String(s)),this.setAttribute("aria-valuetext",`${s} % before, ${100-s} % after`),this.dispatchEvent(new CustomEvent("wipe",{detail:this.#t}))}get#s(){return this.parentElement}#i(t){if(t.button!==0||t.target instanceof Element&&t.target.closest("button, a"))return;t.target===this&&t.preventDefault(),t.stopPropagation();let s=this.#s;It(this,t,i=>{let{left:n,width:r}=s.getBoundingClientRect();this.value=(i.clientX-n)/r}),this.focus({preventScroll:!0})}#n(t){let s=t.shiftKey?5*Es:Es,o={ArrowLeft:this.#t-s,ArrowRight:this.#t+s,Home:0,End:1}[t.key];o!==void 0&&(t.preventDefault(),t.stopPropagation(),this.value=o)}};customElements.define("wipe-handle",dt);var Ao=Wt(),pe=class extends ${item=null;#t=new Nt(Ao,()=>d.changed());#e="";#s=new AbortController;connectedCallback(){super.connectedCallback();let t=()=>{this.#t.state==="failed"&&this.#t.problem?.offline&&this.#t.again()};d.addEventListener("back",t,{signal:this.ended})}disconnectedCallback(){super.disconnectedCallback(),this.#t.end(),this.#s.abort(),this.#e=""}draw(){let{item:t}=this;t?.photo&&!t.region&&(t.region=ys(t.photo)),super.draw();let s=this.querySelector(".lens-after");t&&s instanceof HTMLElement&&(s.style.opacity=String(t.settings.strength)),this.#i()}#i(){let{photo:t,region:s,card:o,problem:i,settings:n}=this.item??{},r=this.querySelector("canvas");if(!t||!s||!n||!r||!this.isConnected)return;let a=`${t.id} ${s}`;a!==this.#e&&(this.#e.startsWith(`${t.id} `)||(r.width=0),this.#e=a,this.#s.abort(),this.#s=new AbortController,ks(r,t.id,s,this.#s.signal).catch(()=>this.#e="")),!(!o&&!i)&&this.#t.want({photo:t.id,region:s,options:qt(n,d.models,o??null)})}template(){let{item:t}=this;return t?.photo?l`<div class="preview" @region=${this.#l}>
      <figure class="preview-whole">
        <region-frame .item=${t}></region-frame>
        <figcaption id="frame-keys" class="soft small">
          Drag the frame<span class="keys"
            >, or move it with the arrow keys; <kbd>+</kbd> and <kbd>−</kbd> change its size</span
          >.
        </figcaption>
      </figure>
      <figure class="preview-part">
        ${this.#n(t)}
        <figcaption class="lens-foot">${this.#r()} ${this.#a(t)}</figcaption>
      </figure>
    </div>`:h}#n(t){let{state:s,picture:o,problem:i}=this.#t,n=s==="done";return l`<div class="lens pair ${n?"compared":""}" aria-busy=${s==="working"?"true":"false"}>
      <canvas class="lens-before" role="img" aria-label="This part before"></canvas>
      <img class="lens-after" src=${o||h} ?hidden=${!n} alt="This part after" draggable="false" />
      <span class="chip before">Before</span>
      <span class="chip after" ?hidden=${!n}>After</span>
      <wipe-handle anywhere ?hidden=${!n}></wipe-handle>
      ${s==="failed"?this.#o(i?.message??""):h}
      ${s==="failed"||n?h:l`<span class="lens-busy"
              >${t.card||t.problem?"Restoring this part":"Analysing the photograph"}</span
            >`}
    </div>`}#o(t){return l`<div class="lens-failed" role="alert">
      <p>${t}</p>
      <button class="button" @click=${()=>this.#t.again()}>${f("again")}Try again</button>
    </div>`}#r(){let{state:t,model:s,seconds:o}=this.#t;return l`<p class="soft small" role="status">
      ${t==="done"?l`<code>${s}</code>${o?`, ${ht(o)}`:""}`:h}
    </p>`}#a(t){let s=o=>()=>{t.photo&&t.region&&(t.region=jt(t.region,t.photo,o)),d.changed()};return l`<div class="tools">
      <button class="button quiet square" aria-label="Larger part" title="Larger part" @click=${s(1)}>
        ${f("minus")}
      </button>
      <button class="button quiet square" aria-label="Smaller part" title="Smaller part" @click=${s(-1)}>
        ${f("plus")}
      </button>
      ${ue()}
    </div>`}#l(t){this.item&&(this.item.region=t.detail),d.changed()}},ue=()=>l`<button
    class="button quiet flip"
    title="Hold to see what was before"
    @pointerdown=${()=>j(!0)}
    @keydown=${le}
    @keyup=${le}
    @contextmenu=${e=>e.preventDefault()}
  >
    ${f("flip")}<span>Hold for before</span><kbd class="wide">B</kbd>
  </button>`;customElements.define("preview-bench",pe);var fe=class extends ${item=null;refuge="button";template(){let t=this.item;return t?l`<section class="restore" aria-label="Restore">
      ${Eo(t)} ${t.busy?ko(t):this.#t(t)}
    </section>`:h}#t(t){let s=t.photo?Oe(t.settings,t.photo,it(t.settings,d.models,t.card)):null;return l`<button
        class="button primary large"
        ?disabled=${!t.photo||t.upload!=="kept"||s===null||d.link==="lost"}
        @click=${()=>Vt(t)}
      >
        ${f("spark")}${t.jobs.length?"Restore again":"Restore"}
      </button>
      <p class="soft small">${s?l`To ${W(...s)}, ${J(...s)}`:l`Set a size first`}</p>`}};function ko(e){let{text:t,progress:s}=B(e),o=e.status==="running";return l`<div class="restore-progress">
    <p role="status" aria-live="polite">
      <strong>${o?"Restoring":"Waiting"}</strong>
      <span class="soft">${t}</span>
    </p>
    <progress max="1" aria-label="Progress" value=${o?s??0:h}></progress>
    <button class="button" @click=${()=>Ve(e)}>${f("close")}Cancel</button>
  </div>`}var Eo=e=>e.job?.state==="failed"?l`<p class="warning bad" role="alert">
        ${f("alert")}<span
          >${k(e.job.error?.detail??e.job.error?.title??"it could not be restored")}</span
        >
      </p>`:h;customElements.define("restore-bar",fe);function Pt({name:e,label:t,value:s,standard:o,most:i=1,say:n,hint:r,set:a}){let c=s??o,u=s===null||s===o;return l`<div class="field slider">
    <label for=${e}>${t}</label>
    <output for=${e}>${n(c)}</output>
    <button
      class="button quiet square reset"
      ?hidden=${u}
      aria-label="Reset ${t.toLowerCase()}"
      title="Reset"
      @click=${()=>a(null)}
    >
      ${f("again")}
    </button>
    <input
      type="range"
      id=${e}
      min="0"
      max=${i}
      step="0.05"
      .value=${E(String(c))}
      aria-valuetext=${n(c)}
      aria-describedby="${e}-hint"
      @input=${g=>a(Number(me(g).value))}
    />
    <p class="hint" id="${e}-hint">${r}</p>
  </div>`}var K=({name:e,label:t,value:s,choices:o,hint:i,set:n})=>l`<div class="field">
    <label for=${e}>${t}</label>
    <select id=${e} .value=${E(s)} @change=${r=>n(me(r).value)}>
      ${o.map(([r,a])=>l`<option value=${r} ?selected=${r===s}>${a}</option>`)}
    </select>
    ${i?l`<p class="hint">${i}</p>`:h}
  </div>`,_=({name:e,label:t,value:s,least:o=0,most:i,step:n=1,placeholder:r,unit:a,hint:c,set:u})=>l`<div class="field">
    <label for=${e}>${t}</label>
    <span class="with-unit">
      <input
        type="number"
        inputmode="decimal"
        id=${e}
        min=${o}
        max=${i??h}
        step=${n}
        placeholder=${r??h}
        .value=${E(s===null?"":String(s))}
        aria-describedby=${c?`${e}-hint`:h}
        @change=${g=>{let p=me(g).value;u(p===""||!Number.isFinite(Number(p))?null:Number(p))}}
      />
      ${a?l`<span class="unit">${a}</span>`:h}
    </span>
    ${c?l`<p class="hint" id="${e}-hint">${c}</p>`:h}
  </div>`,_s=({name:e,label:t,value:s,hint:o,set:i})=>l`<div class="field check">
    <input
      type="checkbox"
      id=${e}
      .checked=${E(s)}
      aria-describedby=${o?`${e}-hint`:h}
      @change=${n=>i(n.target.checked)}
    />
    <label for=${e}>${t}</label>
    ${o?l`<p class="hint" id="${e}-hint">${o}</p>`:h}
  </div>`,me=e=>e.target;var ge=class extends ${item=null;job=null;#t={job:"",text:""};draw(){super.draw(),this.job&&this.job.id!==this.#t.job&&d.link==="open"&&this.#e(this.job.id)}async#e(t){this.#t={job:t,text:""};let s=await Re(t).then(o=>({job:t,text:o}),o=>v(o).offline?{job:"",text:""}:{job:t,text:v(o).message});this.#t.job===t&&(this.#t=s),super.draw()}template(){let{item:t,job:s}=this;return!t||!s?.result?h:l`<section class="result" aria-labelledby="result-title">
      <h2 id="result-title">Restored</h2>
      ${t.done.length>1?To(t,s):h} ${_o(s)}
      <a class="button primary large" href=${y.result(s.id)} download=${s.result.name}>
        ${f("download")}Download ${s.result.format.toUpperCase()}
      </a>
      ${this.#s(s)}
    </section>`}#s(t){let{text:s}=this.#t;return l`<div class="row">
        <a class="button" href=${y.report(t.id)} download>${f("download")}Report</a>
      </div>
      <div class="command">
        <h3 id="command-title">The command for this</h3>
        <pre tabindex="0" aria-labelledby="command-title"><code>${s||"\u2026"}</code></pre>
        <button
          class="button square quiet"
          aria-label="Copy the command"
          title="Copy"
          ?disabled=${!s}
          @click=${()=>Mo(s)}
        >
          ${f("copy")}
        </button>
      </div>`}};function _o(e){let{width:t,height:s,format:o,size_bytes:i}=e.result,n=(Y(e.finished)-Y(e.started))/1e3,r=[["Size",l`${W(t,s)}<br /><span class="soft">${J(t,s)}</span>`],["File",`${o.toUpperCase()}, ${ot(i)}`],["Model",l`<code>${e.model??"auto"}</code>`],...Number.isFinite(n)?[["Time",ht(n)]]:[]];return l`<dl class="facts">
    ${r.map(([a,c])=>l`<div>
          <dt>${a}</dt>
          <dd>${c}</dd>
        </div>`)}
  </dl>`}var To=(e,t)=>K({name:"version",label:"Version",value:t.id,choices:e.done.map((s,o)=>[s.id,`${e.done.length-o}: ${So(s)}`]),set:s=>{e.shown=s,d.changed()}});function So(e){let t=Object.entries(e.options??{}).filter(([s])=>!["model","report"].includes(s));return[e.model??"auto",...t.map(([s,o])=>`${s} ${o}`)].join(", ")}async function Mo(e){try{await navigator.clipboard.writeText(e)}catch{let t=Object.assign(document.createElement("textarea"),{value:e});document.body.append(t),t.select(),document.execCommand("copy"),t.remove()}d.say("The command is copied.","good")}customElements.define("result-panel",ge);var Ts=.8,Co=/^(Arrow.+|[+=\-_0])$/,be=null;function No(){return be??=new Promise((e,t)=>{let s=document.createElement("script");s.src="static/vendor/openseadragon/openseadragon.min.js",s.onload=()=>e(globalThis.OpenSeadragon),s.onerror=()=>{be=null,s.remove(),t(new TypeError("the viewer was not sent"))},document.head.append(s)}),be}async function Ss(e,t){let s=await mt(e,t);return{width:s.width,height:s.height,tileSize:s.tile_size,tileOverlap:s.overlap,minLevel:s.min_level,maxLevel:s.max_level,getTileUrl:(o,i,n)=>y.tile(e,t,o,i,n,s.format)}}function Lo(){let e="data-openseadragon-mobile-css";if(document.querySelector(`style[${e}]`))return;let t=document.createElementNS("urn:blindsr:nothing","style");t.setAttribute(e,""),document.head.append(t)}var zt=class{#t=null;#e=null;#s=null;#i=null;#n=null;#o="";#r=!1;#a=.5;#l=0;#d=!1;constructor(t,{job:s,photo:o},i){this.element=t,this.job=s,this.photo=o,this.zoomed=i}async open(){let[t,s,o]=await Promise.all([No(),Ss("jobs",this.job),this.photo===null?null:Ss("photos",this.photo)]);if(this.#r)return;Lo(),this.#t=t;let i=matchMedia("(prefers-reduced-motion: reduce)").matches;this.#e=t({element:this.element,drawer:"canvas",showNavigationControl:!1,animationTime:i?0:.45,springStiffness:10,maxZoomPixelRatio:16,minZoomImageRatio:Ts,visibilityRatio:.6,zoomPerScroll:1.25,gestureSettingsMouse:{clickToZoom:!1,dblClickToZoom:!0},crossOriginPolicy:!1,tileRetryMax:5,tileRetryDelay:3e3}),this.#u(),[this.#s,this.#i]=await Promise.all([o&&this.#c(o),this.#c(s)]),this.#h(),this.#p()}#h(){if(!this.#e||!this.#i)return;let t=this.#e.viewport;t.minZoomLevel=Math.min(Ts*t.getHomeZoom(),this.#m)}#u(){let t=this.#e;t.canvas.setAttribute("role","application"),t.canvas.setAttribute("aria-label","Photograph: arrow keys pan, plus and minus zoom, 0 shows all"),t.addHandler("canvas-key",s=>{Co.test(s.originalEvent.key)||(s.preventDefaultAction=!0)});for(let s of["animation","resize","open","viewport-change"])t.addHandler(s,()=>this.#p());t.addHandler("resize",()=>this.#h());for(let s of["zoom","viewport-change","animation-finish"])t.addHandler(s,()=>this.#f())}#f(){let{zoom:t}=this;Math.round(100*t)!==Math.round(100*this.#l)&&(this.#l=t,this.zoomed(t))}#c(t,s={}){return new Promise((o,i)=>{this.#e.addTiledImage({tileSource:t,width:1,success:n=>o(n.item),error:n=>i(new Error(n.message)),...s})})}wipe(t){this.#a=t,this.#p()}flip(t){this.#d=t,this.#p()}#p(){let t=this.#i;if(!t||!this.#e||!this.#s)return;let{x:s,y:o}=t.getContentSize(),i=new this.#t.Point(this.#a*this.element.clientWidth,0),n=this.#d?s:t.viewerElementToImageCoordinates(i).x,r=n<s;t.setOpacity(r?1:0),t.setClip(r&&n>0?new this.#t.Rect(n,0,s-n,o):null)}async map(t){if(!this.#n&&t>0&&!this.#o){this.#o=await ms(y.map(this.job));let s=await this.#c({type:"image",url:this.#o},{opacity:t});if(this.#r)return;this.#n=s}this.#n?.setOpacity(t)}get zoom(){let t=this.#i;return!t||!this.#e?0:t.viewportToImageZoom(this.#e.viewport.getZoom(!0))*devicePixelRatio}zoomBy(t){this.#e?.viewport.zoomBy(t),this.#e?.viewport.applyConstraints()}get#m(){return this.#i.imageToViewportZoom(1/devicePixelRatio)}exactly(){this.#i&&this.#e?.viewport.zoomTo(this.#m)}fit(){this.#e?.viewport.goHome()}close(){this.#r=!0,this.#e?.destroy(),this.#e=null,this.#o&&URL.revokeObjectURL(this.#o)}};var $e=class extends ${item=null;job=null;#t=null;#e="";#s="opening";#i=null;#n=0;#o=0;connectedCallback(){super.connectedCallback(),ae.addEventListener("flip",s=>this.#t?.flip(s.detail),{signal:this.ended});let t=()=>{this.job&&this.#s==="failed"&&this.#i?.offline&&this.#r(this.job)};d.addEventListener("back",t,{signal:this.ended})}disconnectedCallback(){super.disconnectedCallback(),this.#t?.close(),this.#t=null,this.#e=""}draw(){super.draw(),this.job&&this.job.id!==this.#e&&this.#r(this.job)}async#r(t){this.#e=t.id,this.#t?.close(),this.#o=0;let s=this.querySelector(".deep"),o=this.item?.upload==="kept"?t.photo:null,i=new zt(s,{job:t.id,photo:o},n=>this.#l(n));this.#t=i,this.#a("opening");try{await i.open(),i.wipe(this.#d?.value??.5),this.#t===i&&this.#a("open")}catch(n){this.#t===i&&this.#a("failed",v(n))}}#a(t,s=null){this.#s=t,this.#i=s,this.draw()}#l(t){this.#n=t,this.draw()}get#d(){let t=this.querySelector("wipe-handle");return t instanceof dt?t:null}template(){let{job:t,item:s}=this;if(!t||!s)return h;let o=s.upload==="kept";return l`<div class="viewer">
      <div
        class="pair ${this.#s==="open"&&o?"compared":""}"
        aria-busy=${this.#s==="opening"?"true":"false"}
      >
        <div class="deep"></div>
        <span class="chip before" ?hidden=${!o}>Before</span>
        <span class="chip after">After</span>
        <wipe-handle
          ?hidden=${!o||this.#s!=="open"}
          @wipe=${i=>this.#t?.wipe(i.detail)}
        ></wipe-handle>
        ${this.#s==="opening"?l`<span class="lens-busy">Opening</span>`:h}
        ${this.#s==="failed"?this.#c(t):h}
      </div>
      <div class="viewer-foot">
        ${this.#h()} ${o?ue():h} ${t.has_map?this.#f():h}
      </div>
    </div>`}#h(){let t=(s,o,i)=>l`<button class="button quiet square" aria-label=${s} title=${s} @click=${i}>${f(o)}</button>`;return l`<div class="tools" role="group" aria-label="Zoom">
      ${t("Zoom out","minus",()=>this.#t?.zoomBy(1/1.5))}
      <button
        class="button quiet zoom"
        title="Show every pixel as one of the screen"
        @click=${()=>this.#t?.exactly()}
      >
        <span class="visually-hidden">Show at 100 %, now at </span>${this.#n?x(this.#n):"100 %"}
      </button>
      ${t("Zoom in","plus",()=>this.#t?.zoomBy(1.5))}
      ${t("Show all","fit",()=>this.#t?.fit())}
      ${document.fullscreenEnabled?t("Full screen","full",()=>this.#u()):h}
    </div>`}#u(){document.fullscreenElement?document.exitFullscreen():this.querySelector(".viewer")?.requestFullscreen()}#f(){let t=s=>{this.#o=Number(s.target.value),this.#t?.map(this.#o).catch(o=>this.#a("failed",v(o))),this.draw()};return l`<label class="fade" title="Where the result does not explain the photograph">
      ${f("map")}<span>Doubtful parts</span>
      <input
        type="range"
        min="0"
        max="1"
        step="0.05"
        .value=${E(String(this.#o))}
        aria-valuetext=${x(this.#o)}
        @input=${t}
      />
    </label>`}#c(t){return l`<div class="lens-failed" role="alert">
      <p>${this.#i?.message}</p>
      <button class="button" @click=${()=>this.#r(t)}>${f("again")}Try again</button>
    </div>`}};customElements.define("result-viewer",$e);var Ro=[["scale","Factor"],["size","Fit into"],["megapixels","Megapixels"]],Ms=[1,2,3,4],Cs=(e,t,s)=>l`<fieldset class="field">
    <legend>Size</legend>
    <div class="segments whole">
      ${Ro.map(([o,i])=>l`<label class="segment">
            <input
              type="radio"
              name="sizing"
              value=${o}
              .checked=${E(e.sizing===o)}
              @change=${()=>s({sizing:o})}
            /><span>${i}</span>
          </label>`)}
    </div>
    ${{scale:jo,size:Io,megapixels:Po}[e.sizing](e,t,s)}
  </fieldset>`;function jo(e,t,s){let o=t?.scale??4;return l`<div class="row factors">
    ${Ms.map(i=>l`<button
          type="button"
          class="button factor"
          aria-pressed=${(e.scale??o)===i?"true":"false"}
          @click=${()=>s({scale:i===o?null:i})}
        >
          ${i}×
        </button>`)}
    ${_({name:"scale",label:"Other factor",value:e.scale!==null&&Ms.includes(e.scale)?null:e.scale,least:.1,most:16,step:.1,placeholder:"other",set:i=>s({scale:i||null})})}
  </div>`}function Io(e,t,s){let[,o="",i=""]=/^(\d*)x(\d*)$/.exec(e.size)??[],n=(a,c)=>s({size:a||c?`${a||""}x${c||""}`:""}),r=a=>a?Number(a):null;return l`<div class="row sides">
    ${_({name:"width",label:"Width",value:r(o),least:1,placeholder:"any",unit:"px",set:a=>n(a,i)})}
    ${_({name:"height",label:"Height",value:r(i),least:1,placeholder:"any",unit:"px",set:a=>n(o,a)})}
  </div>`}var Po=(e,t,s)=>_({name:"megapixels",label:"Megapixels of the result",value:e.megapixels,least:.01,step:.1,placeholder:"24",unit:"MP",set:o=>s({megapixels:o||null})});var we=class extends ${item=null;template(){let{item:t}=this;if(!t?.photo)return h;let s=it(t.settings,d.models,t.card),o=i=>Je(t,i);return l`<form
      class="settings"
      aria-labelledby="settings-title"
      @submit=${i=>i.preventDefault()}
    >
      <h2 id="settings-title">How it is restored</h2>
      ${Do(t,s,o)} ${Cs(t.settings,s,o)}
      ${Ho(t.settings,s,o)}
      <details class="more">
        <summary>More settings</summary>
        <div class="more-fields">${qo(t.settings,s,o)} ${Uo(t,o)}</div>
      </details>
      <div class="row settings-foot">
        ${d.items.length>1?l`<button type="button" class="button" @click=${()=>We(t)}>
                Use for all photographs
              </button>`:h}
        ${zo(t.settings)?h:l`<button type="button" class="button quiet" @click=${()=>o(P)}>Reset all</button>`}
      </div>
    </form>`}},zo=e=>JSON.stringify({...e})===JSON.stringify({...P}),Do=({settings:e,card:t},s,o)=>l`
  ${L("denoise",s)?Pt({name:"denoise",label:"Denoise",value:e.denoise,standard:1,say:i=>i===0?"Keep the noise":i===1?"As found":x(i),hint:"How much of the noise that was found is removed.",set:i=>o({denoise:i})}):h}
  ${L("detail",s)?Pt({name:"detail",label:"Detail",value:e.detail,standard:Ht(e,t),say:i=>i===0?"Faithful":i===1?"Vivid":x(i),hint:"More looks richer, but may show detail that was never there.",set:i=>o({detail:i})}):h}
  ${Pt({name:"strength",label:"Strength",value:e.strength,standard:1,say:i=>i===0?"Enlarged only":i===1?"Full":x(i),hint:"Between plain enlargement and the restored photograph.",set:i=>o({strength:i??1})})}
`;function Oo({name:e,method:t,parameters:s,licence:o},i){let n=s?`, ${Z(s/1e6)} million parameters`:"";return`${i?`Here that is ${e}: `:""}${t.toUpperCase()}${n}${o?`, ${o}`:""}.`}function Ho(e,t,s){let o=d.models.filter(i=>i.name!=="auto").map(i=>[i.name,i.scale?`${i.name} (${i.scale}\xD7)`:i.name]);return K({name:"model",label:"Model",value:e.model,choices:[["auto","auto: what suits it best"],...o],hint:t?Oo(t,e.model==="auto"):void 0,set:i=>s({model:i})})}var qo=(e,t,s)=>l`
  ${L("noise",t)?_({name:"noise",label:"Noise, if you know it",value:e.noise,most:255,step:.5,placeholder:"as found",unit:"of 255",set:o=>s({noise:o})}):h}
  ${L("blur",t)?_({name:"blur",label:"Blur, if you know it",value:e.blur,least:.1,most:20,step:.1,placeholder:"as found",unit:"px of the result",set:o=>s({blur:o||null})}):h}
  ${L("steps",t)?_({name:"steps",label:"Steps of learning from the photograph",value:e.steps,placeholder:"the model's own",set:o=>s({steps:o})}):h}
  ${K({name:"native",label:"Shrink first to its true resolution",value:e.native,choices:[["",e.model==="auto"?"If auto advises it":"No"],["auto","If the analysis finds less"],["off","Never"]],set:o=>s({native:o})})}
  ${_s({name:"tta",label:"Average of eight orientations",value:e.tta,hint:"Eight times slower, and a little better.",set:o=>s({tta:o})})}
`,Uo=({settings:e,photo:t},s)=>l`
  ${K({name:"format",label:"File format",value:e.format,choices:[["keep",`Same as the photograph (${t?.format.toUpperCase()})`],...["png","jpeg","webp","tiff","avif","heic"].map(o=>[o,o==="webp"?"WebP":o.toUpperCase()])],set:o=>s({format:o})})}
  ${De(e.format,t?.format??"")?_({name:"quality",label:"Quality",value:e.quality,least:1,most:100,set:o=>s({quality:o??P.quality})}):h}
  ${K({name:"bits",label:"Bits per sample",value:e.bits,choices:[["keep","Same as the photograph"],["8","8"],["16","16"],["32","32 (floats, TIFF)"]],set:o=>s({bits:o})})}
`;customElements.define("settings-form",we);var ve=class extends ${item=null;refuge=".inspector .primary, .primary";template(){let t=d.selected;return t?l`<article class="bench" aria-labelledby="bench-name">
      <header class="bench-head">
        <div class="bench-title">
          <h1 id="bench-name">${t.name}</h1>
          <p class="soft small">${Bo(t)}</p>
        </div>
        ${t.result?Fo(t):h}
        <button
          class="button quiet square"
          title="Remove"
          aria-label="Remove ${t.name}"
          @click=${()=>Qo(this,t)}
        >
          ${f("bin")}
        </button>
      </header>
      ${Ko(t)}
      <dialog
        class="dialog"
        aria-labelledby="remove-title"
        @close=${s=>Go(s,t)}
      >
        ${Yo(t)}
      </dialog>
    </article>`:h}};function Bo(e){let t=e.photo;if(!t?.width)return e.file?ot(e.file.size):"";let s=t.frames>1?` \xB7 ${t.frames} frames`:"";return`${`${W(t.width,t.height)} \xB7 ${J(t.width,t.height)}`} \xB7 ${t.format.toUpperCase()} \xB7 ${ot(t.size_bytes)}${s}`}function Fo(e){let t=o=>()=>{e.tab=o,d.changed()},s=(o,i)=>l`<button
      class="segment"
      role="tab"
      id="tab-${o}"
      aria-controls="stage"
      aria-selected=${e.tab===o?"true":"false"}
      tabindex=${e.tab===o?0:-1}
      @click=${t(o)}
    >
      ${i}
    </button>`;return l`<div class="segments" role="tablist" aria-label="What is shown" @keydown=${Vo}>
    ${e.upload==="gone"?h:s("preview","Preview")}${s("result","Result")}
  </div>`}function Vo(e){if(e.key!=="ArrowLeft"&&e.key!=="ArrowRight")return;let s=e.currentTarget.querySelector('[aria-selected="false"]');s?.click(),s?.focus()}function Ko(e){if(e.upload==="refused")return Jo(e);if(e.upload==="waiting"||e.upload==="sending")return Wo(e);if(e.upload==="gone"&&!e.result)return Zo();let t=e.tab==="result"||e.upload==="gone"?e.result:null;return l`<div class="bench-body">
    <section
      class="stage"
      id="stage"
      role=${e.result?"tabpanel":h}
      aria-label=${t?"Result":"Preview"}
    >
      ${t?l`<result-viewer .item=${e} .job=${t}></result-viewer>`:l`<preview-bench .item=${e}></preview-bench>`}
    </section>
    <aside class="inspector" aria-label="Findings and settings">
      ${t?l`<result-panel .item=${e} .job=${t}></result-panel>`:l`<restore-bar .item=${e}></restore-bar>`}
      ${e.upload==="gone"?h:l`<degradation-card .item=${e}></degradation-card>`}
      ${t?h:l`<settings-form .item=${e}></settings-form>`}
    </aside>
  </div>`}var Wo=e=>l`<div class="panel-page">
    ${e.local?l`<img class="sending-photo" src=${e.local} alt="" @error=${Ct} />`:h}
    <div class="sending-bar">
      <p role="status">${B(e).text}</p>
      ${re(e.upload==="sending"?B(e).progress:0)}
    </div>
  </div>`,Jo=e=>l`<section class="panel-page" role="alert">
    <div class="panel-icon bad">${f(e.problem?.offline?"unplugged":"alert")}</div>
    <h2>${e.problem?.offline?"It could not be sent yet":"This photograph cannot be restored"}</h2>
    <p>${e.problem?.message} ${e.problem?.offline&&e.file?"It is sent as soon as it does.":h}</p>
    <div class="row">
      ${e.problem?.offline&&e.file?l`<button class="button primary" @click=${()=>bt(e)}>${f("again")}Send again</button>`:h}
      <button class="button" @click=${()=>$t(e)}>${f("bin")}Remove it from the list</button>
    </div>
  </section>`,Zo=()=>l`<section class="panel-page">
    <div class="panel-icon">${f("clock")}</div>
    <h2>The server does not keep this photograph any more</h2>
    <p>Add it again to restore it.</p>
  </section>`,Yo=e=>l`<form method="dialog">
    <h2 id="remove-title">Remove ${e.name}?</h2>
    <p>
      ${e.busy?"It is being restored. That stops, and nothing is kept.":"Its results are deleted from the server too."}
    </p>
    <div class="row end">
      <button class="button" value="keep">Keep it</button>
      <button class="button primary danger" value="remove">Remove</button>
    </div>
  </form>`;function Go(e,t){let s=e.target;s.returnValue==="remove"&&$t(t),s.returnValue=""}function Qo(e,t){let s=e.querySelector("dialog");t.busy||t.done.length?s?.showModal():$t(t)}customElements.define("photo-bench",ve);var ye=class extends ${draw(){super.draw();let t=d.items.filter(s=>s.busy).length;document.title=t?`${pt(t,"photograph")} to go \xB7 blindsr`:"blindsr"}template(){return l`
      <header class="bar">
        <p class="mark"><img src="static/icon.svg" alt="" width="28" height="28" />blindsr</p>
        <div class="bar-actions">${d.items.length?this.#e():h}</div>
      </header>
      ${this.#s()}
      <main id="work" tabindex="-1">${this.#t()}</main>
      <notice-list></notice-list>
      <div class="veil" aria-hidden="true">
        <p>${f("plus")} Drop to add</p>
      </div>
    `}#t(){return d.items.length?l`<div class="work">
        <photo-list></photo-list>
        <photo-bench .item=${d.selected}></photo-bench>
      </div>`:d.link==="locked"?Xo():d.link==="connecting"?l`<p class="visually-hidden" role="status">Connecting.</p>`:l`<drop-zone></drop-zone>`}#e(){let t=Kt().length,s=d.results;return l`
      ${d.items.length>1&&t?l`<button class="button" ?disabled=${d.link==="lost"} @click=${Fe}>
              ${f("spark")}<span>Restore all<span class="wide"> (${t})</span></span>
            </button>`:h}
      ${s.length>1?l`<a class="button" href=${y.zip(s.map(o=>o.id))} download="restored.zip">
              ${f("download")}<span>Download all<span class="wide"> (${s.length})</span></span>
            </a>`:h}
      <button class="button" @click=${vt}>
        ${f("plus")}<span>Add<span class="wide"> photographs</span></span>
      </button>
    `}#s(){return d.link==="lost"?l`<p class="banner" role="status">
        ${f("unplugged")}
        <span
          ><strong>The server does not answer.</strong> Nothing is lost: this page looks for it every few seconds and
          goes on when it is back.</span
        >
      </p>`:d.link==="locked"&&d.items.length?l`<p class="banner" role="status">
        ${f("lock")}<span
          >You are signed out. Start <code>blindsr serve</code> again, and open the address that it prints.</span
        >
      </p>`:h}},Xo=()=>l`<section class="panel-page">
    <div class="panel-icon">${f("lock")}</div>
    <h1>This server asks for a token</h1>
    <p>Open the address that <code>blindsr serve</code> printed when it started: it ends in <code>?token=…</code></p>
    <p class="soft">Each address works once; the server prints another when it is started again.</p>
  </section>`;customElements.define("blindsr-page",ye);async function Ns(){let e=await fetch("static/icons.svg"),t=new DOMParser().parseFromString(await e.text(),"image/svg+xml").documentElement;t.setAttribute("display","none"),t.setAttribute("aria-hidden","true");for(let s of t.querySelectorAll("symbol"))s.id=`icon-${s.id}`;document.body.append(document.importNode(t,!0))}var xe=1e3,ti=15e3;function Ls({greet:e,refresh:t,changed:s}){let o=xe,i=r=>{d.connected([401,403].includes(v(r).status)?"locked":"lost"),setTimeout(n,o),o=Math.min(ti,2*o)},n=async()=>{try{await e(),await ei(t,s,i),o=xe,d.connected("open")}catch(r){i(r)}};addEventListener("online",()=>o=xe),n()}function ei(e,t,s){return new Promise((o,i)=>{let n=new EventSource("v1/events"),r=[];n.addEventListener("job",a=>{let c=JSON.parse(a.data);r?r.push(c):t(c)}),n.onopen=async()=>{try{await e();for(let a of r??[])t(a);r=null,o()}catch(a){n.close(),i(a)}},n.onerror=()=>{n.close(),r?i(new TypeError("no stream")):s(new TypeError("the stream ended"))}})}function Rs(){Ls({greet:async()=>{d.models=(await Te()).models},refresh:oi,changed:e=>{si(e)}})}async function si(e){!d.byJob(e.id)&&!d.byPhoto(e.photo)&&await Ae(e.photo,e.name),wt(e,!0)}async function oi(){let e=(await Ne()).sort((s,o)=>Y(s.created)-Y(o.created)),t=new Set(e.map(s=>s.id));for(let s of d.items)s.jobs=s.jobs.filter(o=>t.has(o.id));for(let{id:s,settings:o}of qe()){let i=await Ae(s,null);i&&o&&(i.settings={...i.settings,...o})}for(let s of e)d.byJob(s.id)||await Ae(s.photo,s.name),wt(s);for(let s of d.items)s.done.length&&!s.busy&&!s.card&&(s.tab="result");for(let s of d.items)s.problem?.offline&&ii(s);z(d.items),d.changed()}function ii(e){e.upload==="refused"?bt(e):Q(e)}async function Ae(e,t){if(e===null||d.forgotten.has(e))return null;let s=d.byPhoto(e);if(s)return s;let o=new G(t??"");try{o.photo=await Se(e),o.name=o.photo.name}catch(n){if(v(n).status!==404)throw n;if(t===null)return null;o.upload="gone",o.photo={id:e,name:t,size_bytes:0,width:0,height:0,format:"",megapixels:0,frames:1}}let i=d.byPhoto(e);return i||(d.add(o),o.upload==="kept"&&Q(o),o)}Ns();Ze();ws();Rs();
