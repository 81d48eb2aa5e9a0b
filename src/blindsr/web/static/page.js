// Built from web/page; lit-html in it is under the licence in vendor/lit-html.
var se=new Intl.NumberFormat("en",{maximumFractionDigits:1});function oe(t){let e=["bytes","kB","MB","GB","TB"],s=t<1e3?0:Math.min(e.length-1,Math.floor(Math.log10(t)/3)),o=t/1e3**s;return`${o>=100?Math.round(o):se.format(o)} ${e[s]}`}var W=(t,e)=>`${t} \xD7 ${e}`;function J(t,e){let s=t*e/1e6;return`${s<.1?s.toFixed(2):se.format(s)} megapixels`}function he(t){if(t<10)return`${se.format(Math.max(0,t))} s`;let e=Math.round(t);if(e<60)return`${e} s`;let s=Math.floor(e/60);return s<60?e%60?`${s} min ${e%60} s`:`${s} min`:s%60?`${Math.floor(s/60)} h ${s%60} min`:`${s/60} h`}function Et(t){return t===null||!Number.isFinite(t)?"Just started":t<2?"Nearly done":t<10?"A few seconds left":t<55?`About ${Math.ceil(t/5)*5} s left`:t<3300?`About ${Math.round(t/60)||1} min left`:`About ${se.format(Math.round(t/360)/10)} h left`}var x=t=>`${Math.round(100*t)} %`,Z=t=>se.format(t),pe=(t,e)=>`${t} ${e}${t===1?"":"s"}`;function Y(t){return t===null?NaN:typeof t=="number"?t*1e3:Date.parse(t)}function k(t){let e=t.split(/[\s,:]/,1)[0]??"",s=/^[a-z]+$/.test(e)?t.charAt(0).toUpperCase()+t.slice(1):t;return/[.!?…]$/.test(s)?s:`${s}.`}var L=class extends Error{constructor(e,{status:s=0,code:o="",title:i="",retryAfter:n=0}={}){super(e),this.name="Problem",this.status=s,this.code=o,this.title=i,this.retryAfter=n}get offline(){return this.code==="offline"}};function ue(){return new L("The server does not respond.",{code:"offline",title:"No connection"})}function Oe(t,e,s=null){let o={};try{o=JSON.parse(e)??{}}catch{}let i=typeof o.title=="string"?o.title:"",n=typeof o.detail=="string"?o.detail:i;return new L(k(n||`The server responded with status ${t}.`),{status:t,title:i,code:typeof o.code=="string"?o.code:"",retryAfter:Number(s)||0})}function w(t){return t instanceof L?t:t instanceof TypeError?ue():new L(t instanceof Error?t.message:String(t))}async function me(t,e){let s;try{s=await fetch(`v1/${t}`,e)}catch(o){throw o instanceof DOMException&&o.name==="AbortError"?o:ue()}if(!s.ok)throw Oe(s.status,await s.text(),s.headers.get("Retry-After"));return s}var P=async(t,e)=>(await me(t,e)).json(),_t=(t,e={})=>({method:"POST",headers:{"Content-Type":"application/json",...e},body:JSON.stringify(t)}),Tt=()=>P("models"),St=t=>P(`photos/${t}`),Mt=t=>P(`photos/${t}/analysis`),Ct=t=>me(`photos/${t}`,{method:"DELETE"}),Lt=async()=>(await P("jobs")).jobs,Nt=t=>me(`jobs/${t}`,{method:"DELETE"}),Rt=async t=>(await P(`jobs/${t}/command`)).command,fe=(t,e)=>P(`${t}/${e}/tiles.json`),jt=(t,e,s)=>P("jobs",_t({photo:t,options:e},{"Idempotency-Key":s}));async function Pt(t,e,s,o,i){let n=await me("preview",{..._t({photo:t,region:e,options:s,client:o}),signal:i});return{image:await n.blob(),model:n.headers.get("X-Blindsr-Model")??"",seconds:Number(n.headers.get("X-Blindsr-Seconds"))||0}}function zt(t,e,s){return new Promise((o,i)=>{let n=new XMLHttpRequest;n.upload.onprogress=a=>a.lengthComputable&&e(a.loaded/a.total),n.onload=()=>n.status<300?o(JSON.parse(n.responseText)):i(Oe(n.status,n.responseText,n.getResponseHeader("Retry-After"))),n.onerror=()=>i(ue()),n.onabort=()=>i(new L("The upload was stopped.",{code:"aborted"})),s.addEventListener("abort",()=>n.abort());let r=new FormData;r.append("file",t,t.name),n.open("POST","v1/photos"),n.send(r)})}var y={preview:(t,e)=>`v1/photos/${t}/preview?side=${e}`,tile:(t,e,s,o,i,n)=>`v1/${t}/${e}/tiles/${s}/${o}_${i}.${n}`,result:t=>`v1/jobs/${t}/result`,report:t=>`v1/jobs/${t}/report`,map:t=>`v1/jobs/${t}/map`,zip:t=>`v1/results.zip?${t.map(e=>`job=${encodeURIComponent(e)}`).join("&")}`};var z=Object.freeze({model:"auto",sizing:"scale",scale:null,size:"",megapixels:null,strength:1,denoise:null,detail:null,noise:null,blur:null,steps:null,time_limit:"",native:"",tta:!1,format:"keep",quality:95,bits:"keep"}),js=["denoise","noise","blur","steps","time_limit"],Ps=new Set(["jpeg","webp","avif","heic"]),zs=(t,e)=>t.model==="auto"?e?.choice?.model??"":t.model,He=(t,e)=>t.model==="auto"?e?.choice?.detail??0:0,ie=(t,e,s)=>e.find(o=>o.name===zs(t,s))??null;function N(t,e){return e!==null&&(e.options??[]).includes(t)}function Is(t,e){let s={};for(let o of js){let i=t[o];i!==null&&i!==""&&N(o,e)&&(s[o]=i)}return s}function qe(t,e,s){let o=ie(t,e,s),i=Is(t,o),n=t.model==="auto"&&Object.keys(i).length&&o?o.name:t.model,r={model:n,...i},a=t.detail??(n===t.model?null:He(t,s));return a!==null&&N("detail",o)&&(r.detail=a),t.tta&&(r.tta=!0),t.native?r.native=t.native:t.model==="auto"&&r.model!=="auto"&&(r.native="auto"),r}function It(t,e,s){let o=qe(t,e,s);return t.sizing==="scale"&&t.scale&&(o.scale=t.scale),t.sizing==="size"&&t.size&&(o.size=t.size),t.sizing==="megapixels"&&t.megapixels&&(o.megapixels=t.megapixels),t.strength<1&&(o.strength=t.strength),t.format!=="keep"&&(o.format=t.format),t.quality!==z.quality&&(o.quality=t.quality),t.bits!=="keep"&&(o.bits=t.bits),o.report=!0,o}var Dt=(t,e)=>Ps.has(t==="keep"?e.toLowerCase():t);function Ot(t,e,s){let o=Ds(t,e,s);return o===null||!Number.isFinite(o)||o<=0?null:[Math.max(1,Math.round(e.width*o)),Math.max(1,Math.round(e.height*o))]}function Ds(t,e,s){let{width:o,height:i}=e,n=s?.scale??4;if(t.sizing==="megapixels")return t.megapixels?Math.sqrt(t.megapixels*1e6/(o*i)):n;if(t.sizing==="scale"||!t.size)return t.scale??n;let[,r,a]=/^(\d*)x(\d*)$/.exec(t.size)??[];return!r&&!a?null:Math.min(r?Number(r)/o:1/0,a?Number(a)/i:1/0)}var Os=0,G=class{constructor(e,s=null){this.key=`item-${++Os}`,this.name=e,this.file=s,this.local=s?URL.createObjectURL(s):"",this.upload=s?"waiting":"kept",this.sent=0,this.photo=null,this.card=null,this.problem=null,this.settings={...z},this.region=null,this.jobs=[],this.shown=null,this.tab="preview",this.full=!1,this.asked=!1,this.stop=new AbortController}get job(){return this.jobs[0]??null}get done(){return this.jobs.filter(e=>e.state==="done")}get result(){return this.done.find(e=>e.id===this.shown)??this.done[0]??null}get busy(){return this.full||this.job?.state==="queued"||this.job?.state==="running"}get status(){return this.upload!=="kept"&&!(this.upload==="gone"&&this.job)?this.upload:this.full?"full":this.job?this.job.state:this.card||this.problem?"ready":"looking"}get restorable(){return this.upload==="kept"&&this.photo!==null&&!this.busy&&!this.asked}update(e){let s=this.jobs.findIndex(o=>o.id===e.id);s>=0?this.jobs[s]=e:this.jobs.unshift(e)}drop(e){this.jobs=this.jobs.filter(s=>s.id!==e),this.done.length||(this.tab="preview")}release(){this.local&&URL.revokeObjectURL(this.local),this.local="",this.file=null}};var Ht="blindsr.photographs";function qt(t=localStorage){try{let e=JSON.parse(t.getItem(Ht)??"[]");return Array.isArray(e)?e.filter(s=>typeof s?.id=="string"):[]}catch{return[]}}function I(t,e=localStorage){let s=t.flatMap(o=>o.photo?[{id:o.photo.id,settings:o.settings}]:[]);try{e.setItem(Ht,JSON.stringify(s))}catch{}}var Ue=class extends EventTarget{items=[];selectedKey=null;models=[];link="connecting";notices=[];forgotten=new Set;#e=!1;#t=0;changed(){this.#e||(this.#e=!0,queueMicrotask(()=>{this.#e=!1,this.dispatchEvent(new Event("change"))}))}get selected(){return this.items.find(e=>e.key===this.selectedKey)??null}get results(){return this.items.flatMap(e=>e.done[0]??[])}byPhoto(e){return this.items.find(s=>e!==null&&s.photo?.id===e)??null}byJob(e){return this.items.find(s=>s.jobs.some(o=>o.id===e))??null}add(e){this.items.push(e),this.selectedKey??=e.key,this.changed()}remove(e){let s=this.items.indexOf(e);this.items=this.items.filter(o=>o!==e),this.selectedKey===e.key&&(this.selectedKey=(this.items[s]??this.items[s-1])?.key??null),this.changed()}select(e){this.selectedKey=e.key,this.changed()}connected(e){let s=this.link==="lost"&&e==="open";this.link=e,this.changed(),s&&this.dispatchEvent(new Event("back"))}say(e,s="plain"){let o=++this.#t;this.notices=[...this.notices.slice(-2),{id:o,text:e,kind:s}],this.changed(),setTimeout(()=>this.dismiss(o),s==="bad"?12e3:5e3)}dismiss(e){this.notices=this.notices.filter(s=>s.id!==e),this.changed()}},d=new Ue;var Ut=2,Hs=5;function ge(t){let e=[...t].map(s=>new G(s.name||"Pasted photograph.png",s));for(let s of e)d.add(s);e[0]&&d.select(e[0]),e.length>1&&d.say(`${pe(e.length,"photograph")} added.`);for(let s=Ut-Bt();s>0;s--)Be()}var Bt=()=>d.items.filter(t=>t.upload==="sending").length;async function Be(){let t=d.items.find(e=>e.upload==="waiting");if(t?.file){t.upload="sending",d.changed();try{let e=s=>{t.sent=s,d.changed()};t.photo=await zt(t.file,e,t.stop.signal),t.upload="kept",Q(t)}catch(e){if(t.stop.signal.aborted)return;t.upload="refused",t.problem=w(e),t!==d.selected&&Fe(t,t.problem.message)}finally{Be()}I(d.items),d.changed()}}var Fe=(t,e)=>d.say(e.includes(t.name)?e:`${t.name}: ${e}`,"bad");function be(t){t.upload="waiting",t.problem=null,t.sent=0,Bt()<Ut&&Be()}async function Q(t){if(t.photo){t.problem=null,d.changed();try{t.card=await Mt(t.photo.id)}catch(e){t.problem=w(e)}d.changed()}}async function Ve(t){if(!t.photo||!t.restorable)return;let e=We(),s=It(t.settings,d.models,t.card);t.asked=!0,d.changed();try{await qs(t,async()=>{let o=await jt(t.photo?.id??"",s,e);d.byJob(o.id)||ve(o,!0)})}catch(o){Fe(t,w(o).message)}t.asked=!1,d.changed()}async function qs(t,e){for(;;)try{await e(),t.full=!1;return}catch(s){let o=w(s);if(o.status!==429)throw t.full=!1,o;if(t.full=!0,d.changed(),await new Promise(i=>setTimeout(i,1e3*(o.retryAfter||Hs))),!t.full||!d.items.includes(t))return}}async function Ft(){for(let t of Ke())await Promise.race([Ve(t),Us()])}var Us=()=>new Promise(t=>setTimeout(t,500)),Ke=()=>d.items.filter(t=>t.restorable&&!t.done.length);async function Vt(t){t.full=!1;let e=t.job;e&&(e.state==="queued"||e.state==="running")&&await Kt(t,e.id),d.changed()}async function Kt(t,e){try{await Nt(e),t.drop(e)}catch(s){let o=w(s);o.status===404?t.drop(e):d.say(o.message,"bad")}}async function $e(t){t.stop.abort(),t.full=!1,t.photo&&d.forgotten.add(t.photo.id),d.remove(t),document.getElementById("work")?.focus({preventScroll:!0}),t.release(),I(d.items),await Promise.all(t.jobs.map(e=>Kt(t,e.id))),t.photo&&t.upload==="kept"&&await Ct(t.photo.id).catch(()=>{})}function Wt(t){for(let e of d.items)e.settings={...t.settings};I(d.items),d.say("All photographs now have these settings.","good")}function Jt(t,e){t.settings={...t.settings,...e},I(d.items),d.changed()}function ve(t,e=!1){let s=d.byJob(t.id)??d.byPhoto(t.photo);if(!s)return;let o=s.jobs.find(i=>i.id===t.id)?.state;t.state==="cancelled"?s.drop(t.id):s.update(t),e&&t.state==="done"&&o!=="done"&&Bs(s,t),e&&t.state==="failed"&&o!=="failed"&&t.error&&s!==d.selected&&Fe(s,k(t.error.detail??t.error.title??"the restoration failed")),d.changed()}function Bs(t,e){t.shown=e.id,t.tab="result",d.say(`${t.name} is restored.`,t===d.selected?"plain":"good")}function We(){return[...crypto.getRandomValues(new Uint8Array(16))].map(e=>e.toString(16).padStart(2,"0")).join("")}var Fs="image/*,.heic,.heif,.avif,.tif,.tiff,.ppm,.pgm,.pnm";function Zt(){let t=s=>document.documentElement.classList.toggle("dropping",s),e=0;addEventListener("dragenter",s=>{Je(s)&&(e+=1,t(!0))}),addEventListener("dragleave",()=>{e=Math.max(0,e-1),e||t(!1)}),addEventListener("dragover",s=>Je(s)&&s.preventDefault()),addEventListener("drop",s=>{e=0,t(!1),Je(s)&&(s.preventDefault(),ge(s.dataTransfer?.files??[]))}),addEventListener("paste",s=>{let o=[...s.clipboardData?.files??[]];o.length&&ge(o)})}var Je=t=>t.dataTransfer?.types.includes("Files")??!1;function we(){let t=document.createElement("input");t.type="file",t.multiple=!0,t.accept=Fs,t.hidden=!0,t.dataset.testid="files",t.addEventListener("change",()=>{ge(t.files??[]),t.remove()}),t.addEventListener("cancel",()=>t.remove()),document.body.append(t),t.click()}var Ye=globalThis,Yt=t=>t,ye=Ye.trustedTypes,Gt=ye?ye.createPolicy("lit-html",{createHTML:t=>t}):void 0,Ge="$lit$",M=`lit$${Math.random().toFixed(9).slice(2)}$`,Qe="?"+M,Vs=`<${Qe}>`,H=document,re=()=>H.createComment(""),ae=t=>t===null||typeof t!="object"&&typeof t!="function",Xe=Array.isArray,os=t=>Xe(t)||typeof t?.[Symbol.iterator]=="function",Ze=`[ 	
\f\r]`,ne=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,Qt=/-->/g,Xt=/>/g,D=RegExp(`>|${Ze}(?:([^\\s"'>=/]+)(${Ze}*=${Ze}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),es=/'/g,ts=/"/g,is=/^(?:script|style|textarea|title)$/i,et=t=>(e,...s)=>({_$litType$:t,strings:e,values:s}),l=et(1),Ks=et(2),Ai=et(3),A=Symbol.for("lit-noChange"),h=Symbol.for("lit-nothing"),ss=new WeakMap,O=H.createTreeWalker(H,129);function ns(t,e){if(!Xe(t)||!t.hasOwnProperty("raw"))throw Error("invalid template strings array");return Gt!==void 0?Gt.createHTML(e):e}var rs=(t,e)=>{let s=t.length-1,o=[],i,n=e===2?"<svg>":e===3?"<math>":"",r=ne;for(let a=0;a<s;a++){let c=t[a],u,g,p=-1,b=0;for(;b<c.length&&(r.lastIndex=b,g=r.exec(c),g!==null);)b=r.lastIndex,r===ne?g[1]==="!--"?r=Qt:g[1]!==void 0?r=Xt:g[2]!==void 0?(is.test(g[2])&&(i=RegExp("</"+g[2],"g")),r=D):g[3]!==void 0&&(r=D):r===D?g[0]===">"?(r=i??ne,p=-1):g[1]===void 0?p=-2:(p=r.lastIndex-g[2].length,u=g[1],r=g[3]===void 0?D:g[3]==='"'?ts:es):r===ts||r===es?r=D:r===Qt||r===Xt?r=ne:(r=D,i=void 0);let f=r===D&&t[a+1].startsWith("/>")?" ":"";n+=r===ne?c+Vs:p>=0?(o.push(u),c.slice(0,p)+Ge+c.slice(p)+M+f):c+M+(p===-2?a:f)}return[ns(t,n+(t[s]||"<?>")+(e===2?"</svg>":e===3?"</math>":"")),o]},le=class t{constructor({strings:e,_$litType$:s},o){let i;this.parts=[];let n=0,r=0,a=e.length-1,c=this.parts,[u,g]=rs(e,s);if(this.el=t.createElement(u,o),O.currentNode=this.el.content,s===2||s===3){let p=this.el.content.firstChild;p.replaceWith(...p.childNodes)}for(;(i=O.nextNode())!==null&&c.length<a;){if(i.nodeType===1){if(i.hasAttributes())for(let p of i.getAttributeNames())if(p.endsWith(Ge)){let b=g[r++],f=i.getAttribute(p).split(M),v=/([.?@])?(.*)/.exec(b);c.push({type:1,index:n,name:v[2],strings:f,ctor:v[1]==="."?Ae:v[1]==="?"?ke:v[1]==="@"?Ee:U}),i.removeAttribute(p)}else p.startsWith(M)&&(c.push({type:6,index:n}),i.removeAttribute(p));if(is.test(i.tagName)){let p=i.textContent.split(M),b=p.length-1;if(b>0){i.textContent=ye?ye.emptyScript:"";for(let f=0;f<b;f++)i.append(p[f],re()),O.nextNode(),c.push({type:2,index:++n});i.append(p[b],re())}}}else if(i.nodeType===8)if(i.data===Qe)c.push({type:2,index:n});else{let p=-1;for(;(p=i.data.indexOf(M,p+1))!==-1;)c.push({type:7,index:n}),p+=M.length-1}n++}}static createElement(e,s){let o=H.createElement("template");return o.innerHTML=e,o}};function q(t,e,s=t,o){if(e===A)return e;let i=o!==void 0?s._$Co?.[o]:s._$Cl,n=ae(e)?void 0:e._$litDirective$;return i?.constructor!==n&&(i?._$AO?.(!1),n===void 0?i=void 0:(i=new n(t),i._$AT(t,s,o)),o!==void 0?(s._$Co??=[])[o]=i:s._$Cl=i),i!==void 0&&(e=q(t,i._$AS(t,e.values),i,o)),e}var xe=class{constructor(e,s){this._$AV=[],this._$AN=void 0,this._$AD=e,this._$AM=s}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(e){let{el:{content:s},parts:o}=this._$AD,i=(e?.creationScope??H).importNode(s,!0);O.currentNode=i;let n=O.nextNode(),r=0,a=0,c=o[0];for(;c!==void 0;){if(r===c.index){let u;c.type===2?u=new X(n,n.nextSibling,this,e):c.type===1?u=new c.ctor(n,c.name,c.strings,this,e):c.type===6&&(u=new _e(n,this,e)),this._$AV.push(u),c=o[++a]}r!==c?.index&&(n=O.nextNode(),r++)}return O.currentNode=H,i}p(e){let s=0;for(let o of this._$AV)o!==void 0&&(o.strings!==void 0?(o._$AI(e,o,s),s+=o.strings.length-2):o._$AI(e[s])),s++}},X=class t{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(e,s,o,i){this.type=2,this._$AH=h,this._$AN=void 0,this._$AA=e,this._$AB=s,this._$AM=o,this.options=i,this._$Cv=i?.isConnected??!0}get parentNode(){let e=this._$AA.parentNode,s=this._$AM;return s!==void 0&&e?.nodeType===11&&(e=s.parentNode),e}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(e,s=this){e=q(this,e,s),ae(e)?e===h||e==null||e===""?(this._$AH!==h&&this._$AR(),this._$AH=h):e!==this._$AH&&e!==A&&this._(e):e._$litType$!==void 0?this.$(e):e.nodeType!==void 0?this.T(e):os(e)?this.k(e):this._(e)}O(e){return this._$AA.parentNode.insertBefore(e,this._$AB)}T(e){this._$AH!==e&&(this._$AR(),this._$AH=this.O(e))}_(e){this._$AH!==h&&ae(this._$AH)?this._$AA.nextSibling.data=e:this.T(H.createTextNode(e)),this._$AH=e}$(e){let{values:s,_$litType$:o}=e,i=typeof o=="number"?this._$AC(e):(o.el===void 0&&(o.el=le.createElement(ns(o.h,o.h[0]),this.options)),o);if(this._$AH?._$AD===i)this._$AH.p(s);else{let n=new xe(i,this),r=n.u(this.options);n.p(s),this.T(r),this._$AH=n}}_$AC(e){let s=ss.get(e.strings);return s===void 0&&ss.set(e.strings,s=new le(e)),s}k(e){Xe(this._$AH)||(this._$AH=[],this._$AR());let s=this._$AH,o,i=0;for(let n of e)i===s.length?s.push(o=new t(this.O(re()),this.O(re()),this,this.options)):o=s[i],o._$AI(n),i++;i<s.length&&(this._$AR(o&&o._$AB.nextSibling,i),s.length=i)}_$AR(e=this._$AA.nextSibling,s){for(this._$AP?.(!1,!0,s);e!==this._$AB;){let o=Yt(e).nextSibling;Yt(e).remove(),e=o}}setConnected(e){this._$AM===void 0&&(this._$Cv=e,this._$AP?.(e))}},U=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(e,s,o,i,n){this.type=1,this._$AH=h,this._$AN=void 0,this.element=e,this.name=s,this._$AM=i,this.options=n,o.length>2||o[0]!==""||o[1]!==""?(this._$AH=Array(o.length-1).fill(new String),this.strings=o):this._$AH=h}_$AI(e,s=this,o,i){let n=this.strings,r=!1;if(n===void 0)e=q(this,e,s,0),r=!ae(e)||e!==this._$AH&&e!==A,r&&(this._$AH=e);else{let a=e,c,u;for(e=n[0],c=0;c<n.length-1;c++)u=q(this,a[o+c],s,c),u===A&&(u=this._$AH[c]),r||=!ae(u)||u!==this._$AH[c],u===h?e=h:e!==h&&(e+=(u??"")+n[c+1]),this._$AH[c]=u}r&&!i&&this.j(e)}j(e){e===h?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,e??"")}},Ae=class extends U{constructor(){super(...arguments),this.type=3}j(e){this.element[this.name]=e===h?void 0:e}},ke=class extends U{constructor(){super(...arguments),this.type=4}j(e){this.element.toggleAttribute(this.name,!!e&&e!==h)}},Ee=class extends U{constructor(e,s,o,i,n){super(e,s,o,i,n),this.type=5}_$AI(e,s=this){if((e=q(this,e,s,0)??h)===A)return;let o=this._$AH,i=e===h&&o!==h||e.capture!==o.capture||e.once!==o.once||e.passive!==o.passive,n=e!==h&&(o===h||i);i&&this.element.removeEventListener(this.name,this,o),n&&this.element.addEventListener(this.name,this,e),this._$AH=e}handleEvent(e){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,e):this._$AH.handleEvent(e)}},_e=class{constructor(e,s,o){this.element=e,this.type=6,this._$AN=void 0,this._$AM=s,this.options=o}get _$AU(){return this._$AM._$AU}_$AI(e){q(this,e)}},as={M:Ge,P:M,A:Qe,C:1,L:rs,R:xe,D:os,V:q,I:X,H:U,N:ke,U:Ee,B:Ae,F:_e},Ws=Ye.litHtmlPolyfillSupport;Ws?.(le,X),(Ye.litHtmlVersions??=[]).push("3.3.3");var tt=(t,e,s)=>{let o=s?.renderBefore??e,i=o._$litPart$;if(i===void 0){let n=s?.renderBefore??null;o._$litPart$=i=new X(e.insertBefore(re(),n),n,void 0,s??{})}return i._$AI(t),i};var C={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},Te=t=>(...e)=>({_$litDirective$:t,values:e}),ee=class{constructor(e){}get _$AU(){return this._$AM._$AU}_$AT(e,s,o){this._$Ct=e,this._$AM=s,this._$Ci=o}_$AS(e,s){return this.update(e,s)}update(e,s){return this.render(...s)}};var{I:Js}=as,ls=t=>t;var ds=t=>t.strings===void 0,cs=()=>document.createComment(""),te=(t,e,s)=>{let o=t._$AA.parentNode,i=e===void 0?t._$AB:e._$AA;if(s===void 0){let n=o.insertBefore(cs(),i),r=o.insertBefore(cs(),i);s=new Js(n,r,t,t.options)}else{let n=s._$AB.nextSibling,r=s._$AM,a=r!==t;if(a){let c;s._$AQ?.(t),s._$AM=t,s._$AP!==void 0&&(c=t._$AU)!==r._$AU&&s._$AP(c)}if(n!==i||a){let c=s._$AA;for(;c!==n;){let u=ls(c).nextSibling;ls(o).insertBefore(c,i),c=u}}}return s},R=(t,e,s=t)=>(t._$AI(e,s),t),Zs={},Se=(t,e=Zs)=>t._$AH=e,hs=t=>t._$AH,Me=t=>{t._$AR(),t._$AA.remove()};var E=Te(class extends ee{constructor(t){if(super(t),t.type!==C.PROPERTY&&t.type!==C.ATTRIBUTE&&t.type!==C.BOOLEAN_ATTRIBUTE)throw Error("The `live` directive is not allowed on child or event bindings");if(!ds(t))throw Error("`live` bindings can only contain a single expression")}render(t){return t}update(t,[e]){if(e===A||e===h)return e;let s=t.element,o=t.name;if(t.type===C.PROPERTY){if(e===s[o])return A}else if(t.type===C.BOOLEAN_ATTRIBUTE){if(!!e===s.hasAttribute(o))return A}else if(t.type===C.ATTRIBUTE&&s.getAttribute(o)===e+"")return A;return Se(t),e}});var ps=(t,e,s)=>{let o=new Map;for(let i=e;i<=s;i++)o.set(t[i],i);return o},ce=Te(class extends ee{constructor(t){if(super(t),t.type!==C.CHILD)throw Error("repeat() can only be used in text expressions")}dt(t,e,s){let o;s===void 0?s=e:e!==void 0&&(o=e);let i=[],n=[],r=0;for(let a of t)i[r]=o?o(a,r):r,n[r]=s(a,r),r++;return{values:n,keys:i}}render(t,e,s){return this.dt(t,e,s).values}update(t,[e,s,o]){let i=hs(t),{values:n,keys:r}=this.dt(e,s,o);if(!Array.isArray(i))return this.ut=r,n;let a=this.ut??=[],c=[],u,g,p=0,b=i.length-1,f=0,v=n.length-1;for(;p<=b&&f<=v;)if(i[p]===null)p++;else if(i[b]===null)b--;else if(a[p]===r[f])c[f]=R(i[p],n[f]),p++,f++;else if(a[b]===r[v])c[v]=R(i[b],n[v]),b--,v--;else if(a[p]===r[v])c[v]=R(i[p],n[v]),te(t,c[v+1],i[p]),p++,v--;else if(a[b]===r[f])c[f]=R(i[b],n[f]),te(t,i[p],i[b]),b--,f++;else if(u===void 0&&(u=ps(r,f,v),g=ps(a,p,b)),u.has(a[p]))if(u.has(a[b])){let T=g.get(r[f]),De=T!==void 0?i[T]:null;if(De===null){let kt=te(t,i[p]);R(kt,n[f]),c[f]=kt}else c[f]=R(De,n[f]),te(t,i[p],De),i[T]=null;f++}else Me(i[b]),b--;else Me(i[p]),p++;for(;f<=v;){let T=te(t,c[v+1]);R(T,n[f]),c[f++]=T}for(;p<=b;){let T=i[p++];T!==null&&Me(T)}return this.ut=r,Se(t,c),A}});var m=t=>l`<svg class="icon" aria-hidden="true" focusable="false">
    <use href="#icon-${t}"></use>
  </svg>`;var $=class extends HTMLElement{#e=new AbortController;connectedCallback(){this.#e=new AbortController,d.addEventListener("change",()=>this.draw(),{signal:this.ended}),this.draw()}disconnectedCallback(){this.#e.abort()}get ended(){return this.#e.signal}refuge="";draw(){if(!this.isConnected)return;let e=this.refuge&&this.contains(document.activeElement);if(tt(this.template(),this,{host:this}),!e||this.contains(document.activeElement))return;let s=this.querySelector(this.refuge);s instanceof HTMLElement&&s.focus({preventScroll:!0})}template(){throw new Error("a view needs a template")}};var st=class extends ${template(){let e=["localhost","127.0.0.1","[::1]"].includes(location.hostname);return l`<section class="invitation">
      <div class="invitation-drop">
        <img src="static/empty.svg" alt="" width="360" height="220" />
        <h1>Drop photographs here</h1>
        <p class="lead">See how blurred, noisy and compressed each one is, and restore it accordingly.</p>
        <button class="button primary large" @click=${we}>${m("photo")}Choose photographs</button>
        <p class="soft small keys">or paste one with <kbd>Ctrl</kbd> <kbd>V</kbd></p>
      </div>
      <p class="soft small">
        JPEG, PNG, WebP, TIFF, AVIF, HEIC, GIF and more.
        ${e?"They stay on this computer.":l`They go to ${location.host} and nowhere else.`}
      </p>
    </section>`}};customElements.define("drop-zone",st);var Ys={good:"check",bad:"alert",plain:"photo"},ot=class extends ${template(){return l`<div class="notices" role="log" aria-live="polite" aria-label="Messages">
      ${ce(d.notices,e=>e.id,e=>l`<div class="notice ${e.kind} ${e.kind==="plain"?"visually-hidden":""}">
            ${m(Ys[e.kind])}
            <p>${e.text}</p>
            <button class="button quiet square" aria-label="Dismiss" @click=${()=>d.dismiss(e.id)}>
              ${m("close")}
            </button>
          </div>`)}
    </div>`}};customElements.define("notice-list",ot);function Ce(t){let e=t.target;if(!(e instanceof HTMLImageElement))return;e.style.visibility="hidden";let{src:s}=e,o=()=>{e.isConnected&&e.src===s&&(e.src=s)};d.addEventListener("back",o,{once:!0})}function us(t){t.target instanceof HTMLElement&&(t.target.style.visibility="visible")}function B(t){let e=t.job;switch(t.status){case"waiting":return{text:"Waiting to be sent",icon:"clock",progress:null,kind:"plain"};case"sending":return t.sent>=1?{text:"Reading",icon:null,progress:null,kind:"busy"}:{text:`Sending, ${x(t.sent)}`,icon:null,progress:t.sent,kind:"busy"};case"refused":return t.problem?.offline?{text:"Not sent yet",icon:"unplugged",progress:null,kind:"bad"}:{text:"Cannot be read",icon:"alert",progress:null,kind:"bad"};case"looking":return{text:"Analysing",icon:null,progress:null,kind:"busy"};case"full":return{text:"Waiting: the queue is full",icon:"clock",progress:null,kind:"plain"};case"queued":return{text:Gs(e?.position??null),icon:"clock",progress:null,kind:"plain"};case"running":return{text:Et(e?.seconds_left??null),icon:null,progress:e?.progress??0,kind:"busy"};case"done":return{text:"Restored",icon:"check",progress:null,kind:"good"};case"failed":return{text:"Failed",icon:"alert",progress:null,kind:"bad"};case"gone":return{text:"No longer on the server",icon:"alert",progress:null,kind:"bad"};default:return{text:"Ready",icon:null,progress:null,kind:"plain"}}}function Gs(t){return t===null?"In the queue":t===0?"Next in the queue":`Number ${t+1} in the queue`}var Qs={blur:eo,noise:to,jpeg:so,resolution:oo};function ms(t,e,s){t.width=t.height=112;let o=t.getContext("2d");o&&Qs[e](o,s,getComputedStyle(t).color)}function Xs(t,e){let s=(e-1)/2,o=(i,n)=>Math.exp(-((i-s)**2+(n-s)**2)/(2*Math.max(t,.15)**2));return Array.from({length:e},(i,n)=>Array.from({length:e},(r,a)=>o(a,n)))}function eo(t,e,s){let o=e.blur?.width??0,i=e.blur?.kernel??Xs(o,2*Math.ceil(Math.max(4,2.5*o))+1),n=i.length,r=Math.max(...i.flat()),a=112/n;t.fillStyle=s,i.forEach((c,u)=>c.forEach((g,p)=>{t.globalAlpha=r>0?Math.sqrt(Math.max(0,g)/r):0,t.fillRect(p*a,u*a,Math.max(1,a-1),Math.max(1,a-1))}))}function to(t,e,s){let o=e.noise?.sigma??0,i=Number(e.noise?.grain??0)>.5?8:4,n=io(7);t.fillStyle=s;for(let r=0;r<112;r+=i)for(let a=0;a<112;a+=i){let c=.25+(n()+n()+n()-1.5)*8*o/255;t.globalAlpha=Math.min(.95,Math.max(.03,c)),t.fillRect(a,r,i,i)}}function so(t,e,s){let o=e.jpeg?.found?Math.min(1,(100-(e.jpeg.quality??60))/60):0,i=112/4,n=i/7,r=(a,c)=>.5+.45*Math.sin(.065*a+.4)*Math.cos(.05*c-.3);t.fillStyle=s;for(let a=0;a<112;a+=n)for(let c=0;c<112;c+=n){let u=r((Math.floor(c/i)+.5)*i,(Math.floor(a/i)+.5)*i);t.globalAlpha=(1-o)*r(c,a)+o*u,t.fillRect(c,a,n+.5,n+.5)}}function oo(t,e,s){let i=108*(e.resolution?.native_fraction??1);t.fillStyle=t.strokeStyle=s,t.globalAlpha=.8,t.fillRect(2,110-i,i,i),t.globalAlpha=.9,t.lineWidth=3,t.setLineDash([7,6]),t.strokeRect(2,2,108,108)}function io(t){let e=t;return()=>{e=e+1831565813|0;let s=Math.imul(e^e>>>15,1|e);return s=s+Math.imul(s^s>>>7,61|s)^s,((s^s>>>14)>>>0)/4294967296}}async function fs(t,e=2048){let s=new Image;s.src=t,await s.decode();let o=Math.min(1,e/Math.max(s.naturalWidth,s.naturalHeight)),i=document.createElement("canvas");i.width=Math.max(1,Math.round(s.naturalWidth*o)),i.height=Math.max(1,Math.round(s.naturalHeight*o));let n=i.getContext("2d");if(!n)throw new Error("The browser cannot draw the map.");n.drawImage(s,0,0,i.width,i.height);let r=n.getImageData(0,0,i.width,i.height);for(let c=0;c<r.data.length;c+=4){let u=r.data[c]??0;r.data.set([255,150-u/4,20,u],c)}n.putImageData(r,0,0);let a=await new Promise(c=>i.toBlob(c));return URL.createObjectURL(a)}var gs=t=>[no(t),ro(t),ao(t),lo(t)];function bs(t){return t===null||Number.isNaN(t)?"":t>=.9?"Sure":t>=.7?"Fairly sure":t>=.4?"Not sure":"A guess"}function no(t){let e=t.blur?.width??null,s={kind:"blur",title:"Blur",confidence:t.blur?.confidence??null};if(e===null)return{...s,confidence:null,value:"Unknown",sentence:"The photograph is too small to measure it."};let o=e<.6?"Hardly blurred":e<1.2?"A little soft":e<2.5?"Clearly blurred":"Strongly blurred",i=t.blur?.kernel?"as drawn here":"the same in every direction";return{...s,value:`${Z(e)} px`,sentence:`${o}, ${i}.`}}function ro(t){let e=t.noise?.sigma??null,s={kind:"noise",title:"Noise",confidence:t.noise?.confidence??null};if(e===null)return{...s,confidence:null,value:"Unknown",sentence:"The photograph is too small to measure it."};if(e<.5)return{...s,value:"None",sentence:"No visible noise."};let o=e<5?"A little noise":e<15?"Clear noise":"Strong noise",i=Number(t.noise?.grain??0),n=i>.5?", most of it coarse grain":i>.2?", some of it coarse grain":"";return{...s,value:`${Z(e)} of 255`,sentence:`${o}${n}.`}}function ao(t){let e=t.jpeg,s={kind:"jpeg",title:"JPEG",confidence:e?.confidence??null};if(!e?.found)return{...s,confidence:null,value:"None",sentence:"No traces of compression."};let o=e.source==="file"?"Known from the file.":"Estimated from the pixels.",i=e.period&&Math.abs(e.period-8)>.1?` Its blocks are ${Z(e.period)} pixels wide, so the photograph was resized later.`:"",n=e.quality===null?"Compressed":`Quality ${e.quality}`;return{...s,value:n,sentence:o+i}}function lo(t){let e=t.resolution?.native_fraction??1,s={kind:"resolution",title:"True resolution",confidence:t.resolution?.confidence??null,value:x(e)};if(e>=.995)return{...s,sentence:"Every pixel carries detail."};let[o,i]=[Math.round(t.width*e),Math.round(t.height*e)];return{...s,sentence:`${o} \xD7 ${i} pixels can hold all of its detail.`}}function $s(t){return t.choice?t.choice.reasons.map(k):[]}var it=class extends ${item=null;#e;#t=matchMedia("(prefers-color-scheme: dark)");connectedCallback(){super.connectedCallback(),this.#t.addEventListener("change",()=>this.#s(),{signal:this.ended})}draw(){super.draw(),this.item?.card!==this.#e&&this.#s()}#s(){let e=this.item?.card;this.#e=e;for(let s of this.querySelectorAll("canvas"))e&&ms(s,s.dataset.kind,e)}template(){let e=this.item;return e?l`<section
      class="card"
      aria-labelledby="card-title"
      aria-busy=${e.card||e.problem?"false":"true"}
    >
      <h2 id="card-title">What was found</h2>
      ${e.card?co(e.card):e.problem?mo(e):uo()}
    </section>`:h}},co=t=>l`
  <dl class="findings">${gs(t).map(po)}</dl>
  ${t.warnings.map(e=>l`<p class="warning">${m("alert")}<span>${k(e)}</span></p>`)}
  ${ho(t)}
  <details class="more">
    <summary>All numbers</summary>
    <pre tabindex="0">${JSON.stringify(t.report??t,null,2)}</pre>
  </details>
`,ho=t=>t.choice?l`<div class="decision">
        <h3>
          ${m("spark")}<span>Best restored with <code>${t.choice.model}</code></span>
        </h3>
        ${$s(t).map(e=>l`<p>${e}</p>`)}
      </div>`:h;function po({kind:t,title:e,value:s,sentence:o,confidence:i}){return l`<div class="finding">
    <canvas data-kind=${t} width="112" height="112" aria-hidden="true"></canvas>
    <dt>${e}<span class="value">${s}</span></dt>
    <dd>
      <span>${o}</span>
      ${i===null?h:l`<span class="sure" title="${x(i)} sure">
              ${bs(i)}<meter min="0" max="1" value=${i} aria-label="Confidence"></meter>
            </span>`}
    </dd>
  </div>`}var uo=()=>l`<p class="visually-hidden" role="status">Analysing the photograph.</p>
    <div class="findings" aria-hidden="true">
      ${[0,1,2,3].map(()=>l`<div class="finding ghost"><i></i><b></b><u></u></div>`)}
    </div>`,mo=t=>l`<p class="warning bad" role="alert">${m("alert")}<span>${t.problem?.message}</span></p>
    <button class="button" @click=${()=>Q(t)}>${m("again")}Try again</button>`;customElements.define("degradation-card",it);var nt=class extends ${template(){return l`<nav class="photos" aria-label="Photographs">
      <ul @keydown=${this.#e}>
        ${ce(d.items,e=>e.key,e=>l`<li>${fo(e)}</li>`)}
      </ul>
    </nav>`}#e(e){let s={ArrowDown:1,ArrowRight:1,ArrowUp:-1,ArrowLeft:-1}[e.key];if(!s||e.ctrlKey||e.metaKey)return;let o=[...e.currentTarget.querySelectorAll("button")],i=o[o.indexOf(document.activeElement)+s];i&&(e.preventDefault(),i.focus())}};function fo(t){let{text:e,icon:s,progress:o,kind:i}=B(t),n=t.key===d.selectedKey;return l`<button
    class="photo-entry ${i}"
    aria-current=${n?"true":h}
    @click=${()=>d.select(t)}
  >
    <span class="thumb">${go(t)}</span>
    <span class="photo-text">
      <span class="photo-name">${t.name}</span>
      <span class="photo-status">${s?m(s):h}<span>${e}</span></span>
      ${i==="busy"?rt(o):h}
    </span>
  </button>`}var rt=t=>l`<progress class="thin" max="1" aria-hidden="true" value=${t??h}></progress>`;function go(t){let e=t.photo&&t.upload==="kept"?y.preview(t.photo.id,256):t.local;return!e||t.upload==="refused"?m("photo"):l`<img src=${e} alt="" loading="lazy" @error=${Ce} @load=${us} />`}customElements.define("photo-list",nt);var at=new EventTarget;function j(t){let e=document.documentElement;e.classList.contains("flipped")!==t&&(e.classList.toggle("flipped",t),at.dispatchEvent(new CustomEvent("flip",{detail:t})))}function vs(){addEventListener("keydown",t=>{t.key.toLowerCase()!=="b"||t.ctrlKey||t.metaKey||t.altKey||bo(t)||j(!0)}),addEventListener("keyup",t=>t.key.toLowerCase()==="b"&&j(!1)),addEventListener("blur",()=>j(!1)),addEventListener("pointerup",()=>j(!1)),addEventListener("pointercancel",()=>j(!1))}function lt(t){t.key!==" "&&t.key!=="Enter"||(t.preventDefault(),j(t.type==="keydown"))}function bo(t){let e=t.target;return e instanceof HTMLElement?e.matches("textarea, select, input:not([type=range], [type=checkbox], [type=radio])"):!1}var $o=140,Le=class{state="idle";picture="";model="";seconds=0;problem=null;#e="";#t=0;#s=new AbortController;constructor(e,s,o=Pt){this.client=e,this.changed=s,this.ask=o}want(e){let s=JSON.stringify(e);s!==this.#e&&(this.#i(),this.#e=s,this.#o("working",""),this.#t=window.setTimeout(()=>{this.#n(e)},$o))}again(){let e=this.#e;this.#e="",e&&this.want(JSON.parse(e))}end(){this.#i(),this.#e="",this.#o("idle","")}#i(){clearTimeout(this.#t),this.#s.abort(),this.#s=new AbortController}async#n({photo:e,region:s,options:o}){let{signal:i}=this.#s;try{let{image:n,model:r,seconds:a}=await this.ask(e,s,o,this.client,i);if(i.aborted)return;this.model=r,this.seconds=a,this.#o("done",URL.createObjectURL(n))}catch(n){let r=w(n);if(i.aborted||r.code==="superseded")return;this.problem=r,this.#o("failed","")}}#o(e,s){this.picture&&URL.revokeObjectURL(this.picture),this.state=e,this.picture=s,this.changed()}};var Ne=[96,128,192,256,384],ws=192,F=(t,e,s)=>Math.min(s,Math.max(e,t));function Re(t,e,s,o){let i=Math.min(o,t.width),n=Math.min(o,t.height),r=F(Math.round(e-i/2),0,t.width-i),a=F(Math.round(s-n/2),0,t.height-n);return[r,a,i,n]}var ct=([t,e,s,o])=>[t+s/2,e+o/2],ys=(t,e=ws)=>Re(t,t.width/2,t.height/2,e);function xs(t,e,s,o){let[i,n,r,a]=t;return[F(i+s,0,e.width-r),F(n+o,0,e.height-a),r,a]}function je(t,e,s){let o=Math.max(t[2],t[3]),i=Ne.reduce((c,u)=>Math.abs(u-o)<Math.abs(c-o)?u:c),n=F(Ne.indexOf(i)+s,0,Ne.length-1),[r,a]=ct(t);return Re(e,r,a,Ne[n]??ws)}function As(t,e){let s=e?64:16;return t==="ArrowLeft"?[-s,0]:t==="ArrowRight"?[s,0]:t==="ArrowUp"?[0,-s]:t==="ArrowDown"?[0,s]:null}var vo=48,V=new Map,dt=new Map;function wo(t,[e,s,o,i]){let{tile_size:n,overlap:r}=t,a=[];for(let c=Math.floor(s/n);c*n<s+i;c++)for(let u=Math.floor(e/n);u*n<e+o;u++)a.push({column:u,row:c,x:u*n-(u?r:0),y:c*n-(c?r:0)});return a}async function ks(t,e,s,o){let i=await yo(e),n=await Promise.all(wo(i,s).map(async p=>({...p,picture:await xo(y.tile("photos",e,i.max_level,p.column,p.row,i.format))})));if(o.aborted)return;let[r,a,c,u]=s;t.width=c,t.height=u;let g=t.getContext("2d");for(let{picture:p,x:b,y:f}of n)g?.drawImage(p,b-r,f-a)}function yo(t){let e=dt.get(t);return e||(e=fe("photos",t),e.catch(()=>dt.delete(t)),dt.set(t,e)),e}function xo(t){let e=V.get(t);if(!e){let s=new Image;s.src=t,e=s.decode().then(()=>s),e.catch(()=>V.delete(t))}V.delete(t),V.set(t,e);for(let s of V.keys()){if(V.size<=vo)break;V.delete(s)}return e}function Pe(t,e,s){s(e),t.setPointerCapture(e.pointerId);let o=new AbortController,{signal:i}=o;t.addEventListener("pointermove",s,{signal:i});for(let n of["pointerup","pointercancel"])t.addEventListener(n,()=>o.abort(),{signal:i})}var ht=class extends ${item=null;template(){let{item:e}=this,{photo:s,region:o}=e??{};if(!s||!o)return h;let[i,n,r,a]=o;return l`<div class="locator" @pointerdown=${this.#t}>
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
    </div>`}draw(){super.draw();let e=this.querySelector(".frame"),{photo:s,region:o}=this.item??{};if(!(e instanceof HTMLElement)||!s||!o)return;let[i,n,r,a]=o;e.style.left=`${100*i/s.width}%`,e.style.top=`${100*n/s.height}%`,e.style.width=`${100*r/s.width}%`,e.style.height=`${100*a/s.height}%`}#e(e){this.dispatchEvent(new CustomEvent("region",{detail:e,bubbles:!0}))}#t(e){let{photo:s,region:o}=this.item??{};if(e.button!==0||!s||!o)return;e.preventDefault();let i=e.currentTarget,n=i.getBoundingClientRect(),r=f=>({x:(f.clientX-n.left)/n.width*s.width,y:(f.clientY-n.top)/n.height*s.height}),a=r(e),c=Math.max(o[2],o[3]),u=e.target.classList.contains("frame"),[g,p]=u?ct(o):[a.x,a.y];Pe(i,e,f=>{let v=r(f);this.#e(Re(s,g+v.x-a.x,p+v.y-a.y,c))}),i.querySelector(".frame")?.focus({preventScroll:!0})}#s(e){let{photo:s,region:o}=this.item??{};if(!s||!o||e.ctrlKey||e.metaKey||e.altKey)return;let i=As(e.key,e.shiftKey),n={"+":-1,"=":-1,"-":1}[e.key];if(i)this.#e(xs(o,s,...i));else if(n)this.#e(je(o,s,n));else return;e.preventDefault()}};customElements.define("region-frame",ht);var Es=.02,de=class extends HTMLElement{#e=.5;#t=new AbortController;connectedCallback(){this.#t=new AbortController,this.tabIndex=0;for(let[i,n]of Object.entries({role:"slider","aria-label":"Line between before and after","aria-valuemin":"0","aria-valuemax":"100","aria-orientation":"horizontal"}))this.setAttribute(i,n);let{signal:e}=this.#t,s=this.#s;(this.hasAttribute("anywhere")?s:this).addEventListener("pointerdown",i=>this.#i(i),{signal:e}),this.addEventListener("keydown",i=>this.#n(i),{signal:e}),this.value=this.#e}disconnectedCallback(){this.#t.abort()}get value(){return this.#e}set value(e){this.#e=F(e,0,1);let s=Math.round(100*this.#e);this.#s.style.setProperty("--wipe",`${100*this.#e}%`),this.setAttribute("aria-valuenow",String(s)),this.setAttribute("aria-valuetext",`${s} % before, ${100-s} % after`),this.dispatchEvent(new CustomEvent("wipe",{detail:this.#e}))}get#s(){return this.parentElement}#i(e){if(e.button!==0||e.target instanceof Element&&e.target.closest("button, a"))return;e.target===this&&e.preventDefault(),e.stopPropagation();let s=this.#s;Pe(this,e,i=>{let{left:n,width:r}=s.getBoundingClientRect();this.value=(i.clientX-n)/r}),this.focus({preventScroll:!0})}#n(e){let s=e.shiftKey?5*Es:Es,o={ArrowLeft:this.#e-s,ArrowRight:this.#e+s,Home:0,End:1}[e.key];o!==void 0&&(e.preventDefault(),e.stopPropagation(),this.value=o)}};customElements.define("wipe-handle",de);var Ao=We(),pt=class extends ${item=null;#e=new Le(Ao,()=>d.changed());#t="";#s=new AbortController;connectedCallback(){super.connectedCallback();let e=()=>{this.#e.state==="failed"&&this.#e.problem?.offline&&this.#e.again()};d.addEventListener("back",e,{signal:this.ended})}disconnectedCallback(){super.disconnectedCallback(),this.#e.end(),this.#s.abort(),this.#t=""}draw(){let{item:e}=this;e?.photo&&!e.region&&(e.region=ys(e.photo)),super.draw();let s=this.querySelector(".lens-after");e&&s instanceof HTMLElement&&(s.style.opacity=String(e.settings.strength)),this.#i()}#i(){let{photo:e,region:s,card:o,problem:i,settings:n}=this.item??{},r=this.querySelector("canvas");if(!e||!s||!n||!r||!this.isConnected)return;let a=`${e.id} ${s}`;a!==this.#t&&(this.#t.startsWith(`${e.id} `)||(r.width=0),this.#t=a,this.#s.abort(),this.#s=new AbortController,ks(r,e.id,s,this.#s.signal).catch(()=>this.#t="")),!(!o&&!i)&&this.#e.want({photo:e.id,region:s,options:qe(n,d.models,o??null)})}template(){let{item:e}=this;return e?.photo?l`<div class="preview" @region=${this.#l}>
      <figure class="preview-whole">
        <region-frame .item=${e}></region-frame>
        <figcaption id="frame-keys" class="soft small">
          Drag the frame<span class="keys"
            >, or move it with the arrow keys; <kbd>+</kbd> and <kbd>−</kbd> change its size</span
          >.
        </figcaption>
      </figure>
      <figure class="preview-part">
        ${this.#n(e)}
        <figcaption class="lens-foot">${this.#r()} ${this.#a(e)}</figcaption>
      </figure>
    </div>`:h}#n(e){let{state:s,picture:o,problem:i}=this.#e,n=s==="done";return l`<div class="lens pair ${n?"compared":""}" aria-busy=${s==="working"?"true":"false"}>
      <canvas class="lens-before" role="img" aria-label="The part before restoration"></canvas>
      <img
        class="lens-after"
        src=${o||h}
        ?hidden=${!n}
        alt="The part after restoration"
        draggable="false"
      />
      <span class="chip before">Before</span>
      <span class="chip after" ?hidden=${!n}>After</span>
      <wipe-handle anywhere ?hidden=${!n}></wipe-handle>
      ${s==="failed"?this.#o(i?.message??""):h}
      ${s==="failed"||n?h:l`<span class="lens-busy"
              >${e.card||e.problem?"Restoring this part":"Analysing the photograph"}</span
            >`}
    </div>`}#o(e){return l`<div class="lens-failed" role="alert">
      <p>${e}</p>
      <button class="button" @click=${()=>this.#e.again()}>${m("again")}Try again</button>
    </div>`}#r(){let{state:e,model:s,seconds:o}=this.#e;return l`<p class="soft small" role="status">
      ${e==="done"?l`<code>${s}</code>${o?`, ${he(o)}`:""}`:h}
    </p>`}#a(e){let s=o=>()=>{e.photo&&e.region&&(e.region=je(e.region,e.photo,o)),d.changed()};return l`<div class="tools">
      <button class="button quiet square" aria-label="Larger part" title="Larger part" @click=${s(1)}>
        ${m("minus")}
      </button>
      <button class="button quiet square" aria-label="Smaller part" title="Smaller part" @click=${s(-1)}>
        ${m("plus")}
      </button>
      ${ut()}
    </div>`}#l(e){this.item&&(this.item.region=e.detail),d.changed()}},ut=()=>l`<button
    class="button quiet flip"
    title="Hold to see the photograph before restoration"
    @pointerdown=${()=>j(!0)}
    @keydown=${lt}
    @keyup=${lt}
    @contextmenu=${t=>t.preventDefault()}
  >
    ${m("flip")}<span>Hold to see before</span><kbd class="wide">B</kbd>
  </button>`;customElements.define("preview-bench",pt);var mt=class extends ${item=null;refuge="button";template(){let e=this.item;return e?l`<section class="restore" aria-label="Restore">
      ${Eo(e)} ${e.busy?ko(e):this.#e(e)}
    </section>`:h}#e(e){let s=e.photo?Ot(e.settings,e.photo,ie(e.settings,d.models,e.card)):null;return l`<button
        class="button primary large"
        ?disabled=${!e.photo||e.upload!=="kept"||s===null||d.link==="lost"}
        @click=${()=>Ve(e)}
      >
        ${m("spark")}${e.jobs.length?"Restore again":"Restore"}
      </button>
      <p class="soft small">${s?l`To ${W(...s)}, ${J(...s)}`:l`Set a size first`}</p>`}};function ko(t){let{text:e,progress:s}=B(t),o=t.status==="running";return l`<div class="restore-progress">
    <p role="status" aria-live="polite">
      <strong>${o?"Restoring":"Waiting"}</strong>
      <span class="soft">${e}</span>
    </p>
    <progress max="1" aria-label="Progress" value=${o?s??0:h}></progress>
    <button class="button" @click=${()=>Vt(t)}>${m("close")}Cancel</button>
  </div>`}var Eo=t=>t.job?.state==="failed"?l`<p class="warning bad" role="alert">
        ${m("alert")}<span
          >${k(t.job.error?.detail??t.job.error?.title??"it could not be restored")}</span
        >
      </p>`:h;customElements.define("restore-bar",mt);function ze({name:t,label:e,value:s,standard:o,most:i=1,say:n,hint:r,set:a}){let c=s??o,u=s===null||s===o;return l`<div class="field slider">
    <label for=${t}>${e}</label>
    <output for=${t}>${n(c)}</output>
    <button
      class="button quiet square reset"
      ?hidden=${u}
      aria-label="Reset ${e.toLowerCase()}"
      title="Reset"
      @click=${()=>a(null)}
    >
      ${m("again")}
    </button>
    <input
      type="range"
      id=${t}
      min="0"
      max=${i}
      step="0.05"
      .value=${E(String(c))}
      aria-valuetext=${n(c)}
      aria-describedby="${t}-hint"
      @input=${g=>a(Number(ft(g).value))}
    />
    <p class="hint" id="${t}-hint">${r}</p>
  </div>`}var K=({name:t,label:e,value:s,choices:o,hint:i,set:n})=>l`<div class="field">
    <label for=${t}>${e}</label>
    <select id=${t} .value=${E(s)} @change=${r=>n(ft(r).value)}>
      ${o.map(([r,a])=>l`<option value=${r} ?selected=${r===s}>${a}</option>`)}
    </select>
    ${i?l`<p class="hint">${i}</p>`:h}
  </div>`,_=({name:t,label:e,value:s,least:o=0,most:i,step:n=1,placeholder:r,unit:a,hint:c,set:u})=>l`<div class="field">
    <label for=${t}>${e}</label>
    <span class="with-unit">
      <input
        type="number"
        inputmode="decimal"
        id=${t}
        min=${o}
        max=${i??h}
        step=${n}
        placeholder=${r??h}
        .value=${E(s===null?"":String(s))}
        aria-describedby=${c?`${t}-hint`:h}
        @change=${g=>{let p=ft(g).value;u(p===""||!Number.isFinite(Number(p))?null:Number(p))}}
      />
      ${a?l`<span class="unit">${a}</span>`:h}
    </span>
    ${c?l`<p class="hint" id="${t}-hint">${c}</p>`:h}
  </div>`,_s=({name:t,label:e,value:s,hint:o,set:i})=>l`<div class="field check">
    <input
      type="checkbox"
      id=${t}
      .checked=${E(s)}
      aria-describedby=${o?`${t}-hint`:h}
      @change=${n=>i(n.target.checked)}
    />
    <label for=${t}>${e}</label>
    ${o?l`<p class="hint" id="${t}-hint">${o}</p>`:h}
  </div>`,ft=t=>t.target;var gt=class extends ${item=null;job=null;#e={job:"",text:""};draw(){super.draw(),this.job&&this.job.id!==this.#e.job&&d.link==="open"&&this.#t(this.job.id)}async#t(e){this.#e={job:e,text:""};let s=await Rt(e).then(o=>({job:e,text:o}),o=>w(o).offline?{job:"",text:""}:{job:e,text:w(o).message});this.#e.job===e&&(this.#e=s),super.draw()}template(){let{item:e,job:s}=this;return!e||!s?.result?h:l`<section class="result" aria-labelledby="result-title">
      <h2 id="result-title">Restored</h2>
      ${e.done.length>1?To(e,s):h} ${_o(s)}
      <a class="button primary large" href=${y.result(s.id)} download=${s.result.name}>
        ${m("download")}Download ${s.result.format.toUpperCase()}
      </a>
      ${this.#s(s)}
    </section>`}#s(e){let{text:s}=this.#e;return l`<div class="row">
        <a class="button" href=${y.report(e.id)} download>${m("download")}Report</a>
      </div>
      <div class="command">
        <h3 id="command-title">The same on the command line</h3>
        <pre tabindex="0" aria-labelledby="command-title"><code>${s||"\u2026"}</code></pre>
        <button
          class="button square quiet"
          aria-label="Copy the command"
          title="Copy"
          ?disabled=${!s}
          @click=${()=>Mo(s)}
        >
          ${m("copy")}
        </button>
      </div>`}};function _o(t){let{width:e,height:s,format:o,size_bytes:i}=t.result,n=(Y(t.finished)-Y(t.started))/1e3,r=[["Size",l`${W(e,s)}<br /><span class="soft">${J(e,s)}</span>`],["File",`${o.toUpperCase()}, ${oe(i)}`],["Model",l`<code>${t.model??"auto"}</code>`],...Number.isFinite(n)?[["Time",he(n)]]:[]];return l`<dl class="facts">
    ${r.map(([a,c])=>l`<div>
          <dt>${a}</dt>
          <dd>${c}</dd>
        </div>`)}
  </dl>`}var To=(t,e)=>K({name:"version",label:"Version",value:e.id,choices:t.done.map((s,o)=>[s.id,`${t.done.length-o}: ${So(s)}`]),set:s=>{t.shown=s,d.changed()}});function So(t){let e=Object.entries(t.options??{}).filter(([s])=>!["model","report"].includes(s));return[t.model??"auto",...e.map(([s,o])=>`${s} ${o}`)].join(", ")}async function Mo(t){try{await navigator.clipboard.writeText(t)}catch{let e=Object.assign(document.createElement("textarea"),{value:t});document.body.append(e),e.select(),document.execCommand("copy"),e.remove()}d.say("The command was copied.","good")}customElements.define("result-panel",gt);var Ts=.8,Co=/^(Arrow.+|[+=\-_0])$/,bt=null;function Lo(){return bt??=new Promise((t,e)=>{let s=document.createElement("script");s.src="static/vendor/openseadragon/openseadragon.min.js",s.onload=()=>t(globalThis.OpenSeadragon),s.onerror=()=>{bt=null,s.remove(),e(new TypeError("the viewer could not be loaded"))},document.head.append(s)}),bt}async function Ss(t,e){let s=await fe(t,e);return{width:s.width,height:s.height,tileSize:s.tile_size,tileOverlap:s.overlap,minLevel:s.min_level,maxLevel:s.max_level,getTileUrl:(o,i,n)=>y.tile(t,e,o,i,n,s.format)}}function No(){let t="data-openseadragon-mobile-css";if(document.querySelector(`style[${t}]`))return;let e=document.createElementNS("urn:blindsr:nothing","style");e.setAttribute(t,""),document.head.append(e)}var Ie=class{#e=null;#t=null;#s=null;#i=null;#n=null;#o="";#r=!1;#a=.5;#l=0;#d=!1;constructor(e,{job:s,photo:o},i){this.element=e,this.job=s,this.photo=o,this.zoomed=i}async open(){let[e,s,o]=await Promise.all([Lo(),Ss("jobs",this.job),this.photo===null?null:Ss("photos",this.photo)]);if(this.#r)return;No(),this.#e=e;let i=matchMedia("(prefers-reduced-motion: reduce)").matches;this.#t=e({element:this.element,drawer:"canvas",showNavigationControl:!1,animationTime:i?0:.45,springStiffness:10,maxZoomPixelRatio:16,minZoomImageRatio:Ts,visibilityRatio:.6,zoomPerScroll:1.25,gestureSettingsMouse:{clickToZoom:!1,dblClickToZoom:!0},crossOriginPolicy:!1,tileRetryMax:5,tileRetryDelay:3e3}),this.#u(),[this.#s,this.#i]=await Promise.all([o&&this.#c(o),this.#c(s)]),this.#h(),this.#p()}#h(){if(!this.#t||!this.#i)return;let e=this.#t.viewport;e.minZoomLevel=Math.min(Ts*e.getHomeZoom(),this.#f)}#u(){let e=this.#t;e.canvas.setAttribute("role","application"),e.canvas.setAttribute("aria-label","Photograph: arrow keys pan, plus and minus zoom, 0 shows all"),e.addHandler("canvas-key",s=>{Co.test(s.originalEvent.key)||(s.preventDefaultAction=!0)});for(let s of["animation","resize","open","viewport-change"])e.addHandler(s,()=>this.#p());e.addHandler("resize",()=>this.#h());for(let s of["zoom","viewport-change","animation-finish"])e.addHandler(s,()=>this.#m())}#m(){let{zoom:e}=this;Math.round(100*e)!==Math.round(100*this.#l)&&(this.#l=e,this.zoomed(e))}#c(e,s={}){return new Promise((o,i)=>{this.#t.addTiledImage({tileSource:e,width:1,success:n=>o(n.item),error:n=>i(new Error(n.message)),...s})})}wipe(e){this.#a=e,this.#p()}flip(e){this.#d=e,this.#p()}#p(){let e=this.#i;if(!e||!this.#t||!this.#s)return;let{x:s,y:o}=e.getContentSize(),i=new this.#e.Point(this.#a*this.element.clientWidth,0),n=this.#d?s:e.viewerElementToImageCoordinates(i).x,r=n<s;e.setOpacity(r?1:0),e.setClip(r&&n>0?new this.#e.Rect(n,0,s-n,o):null)}async map(e){if(!this.#n&&e>0&&!this.#o){this.#o=await fs(y.map(this.job));let s=await this.#c({type:"image",url:this.#o},{opacity:e});if(this.#r)return;this.#n=s}this.#n?.setOpacity(e)}get zoom(){let e=this.#i;return!e||!this.#t?0:e.viewportToImageZoom(this.#t.viewport.getZoom(!0))*devicePixelRatio}zoomBy(e){this.#t?.viewport.zoomBy(e),this.#t?.viewport.applyConstraints()}get#f(){return this.#i.imageToViewportZoom(1/devicePixelRatio)}exactly(){this.#i&&this.#t?.viewport.zoomTo(this.#f)}fit(){this.#t?.viewport.goHome()}close(){this.#r=!0,this.#t?.destroy(),this.#t=null,this.#o&&URL.revokeObjectURL(this.#o)}};var $t=class extends ${item=null;job=null;#e=null;#t="";#s="opening";#i=null;#n=0;#o=0;connectedCallback(){super.connectedCallback(),at.addEventListener("flip",s=>this.#e?.flip(s.detail),{signal:this.ended});let e=()=>{this.job&&this.#s==="failed"&&this.#i?.offline&&this.#r(this.job)};d.addEventListener("back",e,{signal:this.ended})}disconnectedCallback(){super.disconnectedCallback(),this.#e?.close(),this.#e=null,this.#t=""}draw(){super.draw(),this.job&&this.job.id!==this.#t&&this.#r(this.job)}async#r(e){this.#t=e.id,this.#e?.close(),this.#o=0;let s=this.querySelector(".deep"),o=this.item?.upload==="kept"?e.photo:null,i=new Ie(s,{job:e.id,photo:o},n=>this.#l(n));this.#e=i,this.#a("opening");try{await i.open(),i.wipe(this.#d?.value??.5),this.#e===i&&this.#a("open")}catch(n){this.#e===i&&this.#a("failed",w(n))}}#a(e,s=null){this.#s=e,this.#i=s,this.draw()}#l(e){this.#n=e,this.draw()}get#d(){let e=this.querySelector("wipe-handle");return e instanceof de?e:null}template(){let{job:e,item:s}=this;if(!e||!s)return h;let o=s.upload==="kept";return l`<div class="viewer">
      <div
        class="pair ${this.#s==="open"&&o?"compared":""}"
        aria-busy=${this.#s==="opening"?"true":"false"}
      >
        <div class="deep"></div>
        <span class="chip before" ?hidden=${!o}>Before</span>
        <span class="chip after">After</span>
        <wipe-handle
          ?hidden=${!o||this.#s!=="open"}
          @wipe=${i=>this.#e?.wipe(i.detail)}
        ></wipe-handle>
        ${this.#s==="opening"?l`<span class="lens-busy">Opening</span>`:h}
        ${this.#s==="failed"?this.#c(e):h}
      </div>
      <div class="viewer-foot">
        ${this.#h()} ${o?ut():h} ${e.has_map?this.#m():h}
      </div>
    </div>`}#h(){let e=(s,o,i)=>l`<button class="button quiet square" aria-label=${s} title=${s} @click=${i}>${m(o)}</button>`;return l`<div class="tools" role="group" aria-label="Zoom">
      ${e("Zoom out","minus",()=>this.#e?.zoomBy(1/1.5))}
      <button
        class="button quiet zoom"
        title="Show each pixel as one pixel of the screen"
        @click=${()=>this.#e?.exactly()}
      >
        <span class="visually-hidden">Show at 100 %, now at </span>${this.#n?x(this.#n):"100 %"}
      </button>
      ${e("Zoom in","plus",()=>this.#e?.zoomBy(1.5))}
      ${e("Show all","fit",()=>this.#e?.fit())}
      ${document.fullscreenEnabled?e("Full screen","full",()=>this.#u()):h}
    </div>`}#u(){document.fullscreenElement?document.exitFullscreen():this.querySelector(".viewer")?.requestFullscreen()}#m(){let e=s=>{this.#o=Number(s.target.value),this.#e?.map(this.#o).catch(o=>this.#a("failed",w(o))),this.draw()};return l`<label class="fade" title="Where the result, degraded again, differs from the photograph">
      ${m("map")}<span>Doubtful parts</span>
      <input
        type="range"
        min="0"
        max="1"
        step="0.05"
        .value=${E(String(this.#o))}
        aria-valuetext=${x(this.#o)}
        @input=${e}
      />
    </label>`}#c(e){return l`<div class="lens-failed" role="alert">
      <p>${this.#i?.message}</p>
      <button class="button" @click=${()=>this.#r(e)}>${m("again")}Try again</button>
    </div>`}};customElements.define("result-viewer",$t);var Ro=[["scale","Factor"],["size","Fit into"],["megapixels","Megapixels"]],Ms=[1,2,3,4],Cs=(t,e,s)=>l`<fieldset class="field">
    <legend>Size</legend>
    <div class="segments whole">
      ${Ro.map(([o,i])=>l`<label class="segment">
            <input
              type="radio"
              name="sizing"
              value=${o}
              .checked=${E(t.sizing===o)}
              @change=${()=>s({sizing:o})}
            /><span>${i}</span>
          </label>`)}
    </div>
    ${{scale:jo,size:Po,megapixels:zo}[t.sizing](t,e,s)}
  </fieldset>`;function jo(t,e,s){let o=e?.scale??4;return l`<div class="row factors">
    ${Ms.map(i=>l`<button
          type="button"
          class="button factor"
          aria-pressed=${(t.scale??o)===i?"true":"false"}
          @click=${()=>s({scale:i===o?null:i})}
        >
          ${i}×
        </button>`)}
    ${_({name:"scale",label:"Other factor",value:t.scale!==null&&Ms.includes(t.scale)?null:t.scale,least:.1,most:16,step:.1,placeholder:"other",set:i=>s({scale:i||null})})}
  </div>`}function Po(t,e,s){let[,o="",i=""]=/^(\d*)x(\d*)$/.exec(t.size)??[],n=(a,c)=>s({size:a||c?`${a||""}x${c||""}`:""}),r=a=>a?Number(a):null;return l`<div class="row sides">
    ${_({name:"width",label:"Width",value:r(o),least:1,placeholder:"any",unit:"px",set:a=>n(a,i)})}
    ${_({name:"height",label:"Height",value:r(i),least:1,placeholder:"any",unit:"px",set:a=>n(o,a)})}
  </div>`}var zo=(t,e,s)=>_({name:"megapixels",label:"Megapixels of the result",value:t.megapixels,least:.01,step:.1,placeholder:"24",unit:"MP",set:o=>s({megapixels:o||null})});var vt=class extends ${item=null;template(){let{item:e}=this;if(!e?.photo)return h;let s=ie(e.settings,d.models,e.card),o=i=>Jt(e,i);return l`<form
      class="settings"
      aria-labelledby="settings-title"
      @submit=${i=>i.preventDefault()}
    >
      <h2 id="settings-title">Settings</h2>
      ${Do(e,s,o)} ${Cs(e.settings,s,o)}
      ${Ho(e.settings,s,o)}
      <details class="more">
        <summary>More settings</summary>
        <div class="more-fields">${qo(e.settings,s,o)} ${Uo(e,o)}</div>
      </details>
      <div class="row settings-foot">
        ${d.items.length>1?l`<button type="button" class="button" @click=${()=>Wt(e)}>
                Use for all photographs
              </button>`:h}
        ${Io(e.settings)?h:l`<button type="button" class="button quiet" @click=${()=>o(z)}>Reset all</button>`}
      </div>
    </form>`}},Io=t=>JSON.stringify({...t})===JSON.stringify({...z}),Do=({settings:t,card:e},s,o)=>l`
  ${N("denoise",s)?ze({name:"denoise",label:"Denoise",value:t.denoise,standard:1,say:i=>i===0?"Keep the noise":i===1?"Full":x(i),hint:"How much of the noise is removed.",set:i=>o({denoise:i})}):h}
  ${N("detail",s)?ze({name:"detail",label:"Detail",value:t.detail,standard:He(t,e),say:i=>i===0?"Faithful":i===1?"Vivid":x(i),hint:"More looks richer, but may show detail that was never there.",set:i=>o({detail:i})}):h}
  ${ze({name:"strength",label:"Strength",value:t.strength,standard:1,say:i=>i===0?"Enlarged only":i===1?"Full":x(i),hint:"Between plain enlargement and the restored photograph.",set:i=>o({strength:i??1})})}
`;function Oo({name:t,method:e,parameters:s,licence:o},i){let n=s?`, ${Z(s/1e6)} million parameters`:"";return`${i?`Here that is ${t}: `:""}${e.toUpperCase()}${n}${o?`, ${o}`:""}.`}function Ho(t,e,s){let o=d.models.filter(i=>i.name!=="auto").map(i=>[i.name,i.scale?`${i.name} (${i.scale}\xD7)`:i.name]);return K({name:"model",label:"Model",value:t.model,choices:[["auto","auto: the best for this photograph"],...o],hint:e?Oo(e,t.model==="auto"):void 0,set:i=>s({model:i})})}var qo=(t,e,s)=>l`
  ${N("noise",e)?_({name:"noise",label:"Noise, if known",value:t.noise,most:255,step:.5,placeholder:"estimated",unit:"of 255",set:o=>s({noise:o})}):h}
  ${N("blur",e)?_({name:"blur",label:"Blur, if known",value:t.blur,least:.1,most:20,step:.1,placeholder:"estimated",unit:"px of the result",set:o=>s({blur:o||null})}):h}
  ${N("steps",e)?_({name:"steps",label:"Gradient steps on the photograph",value:t.steps,placeholder:"default",set:o=>s({steps:o})}):h}
  ${K({name:"native",label:"Reduce to the true resolution first",value:t.native,choices:[["",t.model==="auto"?"If auto recommends it":"No"],["auto","If the true resolution is lower"],["off","Never"]],set:o=>s({native:o})})}
  ${_s({name:"tta",label:"Average of eight orientations",value:t.tta,hint:"Eight times slower, and a little better.",set:o=>s({tta:o})})}
`,Uo=({settings:t,photo:e},s)=>l`
  ${K({name:"format",label:"File format",value:t.format,choices:[["keep",`Same as the photograph (${e?.format.toUpperCase()})`],...["png","jpeg","webp","tiff","avif","heic"].map(o=>[o,o==="webp"?"WebP":o.toUpperCase()])],set:o=>s({format:o})})}
  ${Dt(t.format,e?.format??"")?_({name:"quality",label:"Quality",value:t.quality,least:1,most:100,set:o=>s({quality:o??z.quality})}):h}
  ${K({name:"bits",label:"Bits per sample",value:t.bits,choices:[["keep","Same as the photograph"],["8","8"],["16","16"],["32","32 (floats, TIFF)"]],set:o=>s({bits:o})})}
`;customElements.define("settings-form",vt);var wt=class extends ${item=null;refuge=".inspector .primary, .primary";template(){let e=d.selected;return e?l`<article class="bench" aria-labelledby="bench-name">
      <header class="bench-head">
        <div class="bench-title">
          <h1 id="bench-name">${e.name}</h1>
          <p class="soft small">${Bo(e)}</p>
        </div>
        ${e.result?Fo(e):h}
        <button
          class="button quiet square"
          title="Remove"
          aria-label="Remove ${e.name}"
          @click=${()=>Qo(this,e)}
        >
          ${m("bin")}
        </button>
      </header>
      ${Ko(e)}
      <dialog
        class="dialog"
        aria-labelledby="remove-title"
        @close=${s=>Go(s,e)}
      >
        ${Yo(e)}
      </dialog>
    </article>`:h}};function Bo(t){let e=t.photo;if(!e?.width)return t.file?oe(t.file.size):"";let s=e.frames>1?` \xB7 ${e.frames} frames`:"";return`${`${W(e.width,e.height)} \xB7 ${J(e.width,e.height)}`} \xB7 ${e.format.toUpperCase()} \xB7 ${oe(e.size_bytes)}${s}`}function Fo(t){let e=o=>()=>{t.tab=o,d.changed()},s=(o,i)=>l`<button
      class="segment"
      role="tab"
      id="tab-${o}"
      aria-controls="stage"
      aria-selected=${t.tab===o?"true":"false"}
      tabindex=${t.tab===o?0:-1}
      @click=${e(o)}
    >
      ${i}
    </button>`;return l`<div class="segments" role="tablist" aria-label="View" @keydown=${Vo}>
    ${t.upload==="gone"?h:s("preview","Preview")}${s("result","Result")}
  </div>`}function Vo(t){if(t.key!=="ArrowLeft"&&t.key!=="ArrowRight")return;let s=t.currentTarget.querySelector('[aria-selected="false"]');s?.click(),s?.focus()}function Ko(t){if(t.upload==="refused")return Jo(t);if(t.upload==="waiting"||t.upload==="sending")return Wo(t);if(t.upload==="gone"&&!t.result)return Zo();let e=t.tab==="result"||t.upload==="gone"?t.result:null;return l`<div class="bench-body">
    <section
      class="stage"
      id="stage"
      role=${t.result?"tabpanel":h}
      aria-label=${e?"Result":"Preview"}
    >
      ${e?l`<result-viewer .item=${t} .job=${e}></result-viewer>`:l`<preview-bench .item=${t}></preview-bench>`}
    </section>
    <aside class="inspector" aria-label="Findings and settings">
      ${e?l`<result-panel .item=${t} .job=${e}></result-panel>`:l`<restore-bar .item=${t}></restore-bar>`}
      ${t.upload==="gone"?h:l`<degradation-card .item=${t}></degradation-card>`}
      ${e?h:l`<settings-form .item=${t}></settings-form>`}
    </aside>
  </div>`}var Wo=t=>l`<div class="panel-page">
    ${t.local?l`<img class="sending-photo" src=${t.local} alt="" @error=${Ce} />`:h}
    <div class="sending-bar">
      <p role="status">${B(t).text}</p>
      ${rt(t.upload==="sending"?B(t).progress:0)}
    </div>
  </div>`,Jo=t=>l`<section class="panel-page" role="alert">
    <div class="panel-icon bad">${m(t.problem?.offline?"unplugged":"alert")}</div>
    <h2>${t.problem?.offline?"This photograph was not sent yet":"This photograph cannot be restored"}</h2>
    <p>
      ${t.problem?.message}
      ${t.problem?.offline&&t.file?"The photograph is sent when it responds again.":h}
    </p>
    <div class="row">
      ${t.problem?.offline&&t.file?l`<button class="button primary" @click=${()=>be(t)}>${m("again")}Send again</button>`:h}
      <button class="button" @click=${()=>$e(t)}>${m("bin")}Remove it from the list</button>
    </div>
  </section>`,Zo=()=>l`<section class="panel-page">
    <div class="panel-icon">${m("clock")}</div>
    <h2>This photograph is no longer on the server</h2>
    <p>Add it again to restore it.</p>
  </section>`,Yo=t=>l`<form method="dialog">
    <h2 id="remove-title">Remove ${t.name}?</h2>
    <p>
      ${t.busy?"Its restoration is cancelled, and nothing is kept.":"Its results are deleted from the server too."}
    </p>
    <div class="row end">
      <button class="button" value="keep">Keep it</button>
      <button class="button primary danger" value="remove">Remove</button>
    </div>
  </form>`;function Go(t,e){let s=t.target;s.returnValue==="remove"&&$e(e),s.returnValue=""}function Qo(t,e){let s=t.querySelector("dialog");e.busy||e.done.length?s?.showModal():$e(e)}customElements.define("photo-bench",wt);var yt=class extends ${draw(){super.draw();let e=d.items.filter(s=>s.busy).length;document.title=e?`${pe(e,"photograph")} to go \xB7 blindsr`:"blindsr"}template(){return l`
      <header class="bar">
        <p class="mark"><img src="static/icon.svg" alt="" width="28" height="28" />blindsr</p>
        <div class="bar-actions">${d.items.length?this.#t():h}</div>
      </header>
      ${this.#s()}
      <main id="work" tabindex="-1">${this.#e()}</main>
      <notice-list></notice-list>
      <div class="veil" aria-hidden="true">
        <p>${m("plus")} Drop to add</p>
      </div>
    `}#e(){return d.items.length?l`<div class="work">
        <photo-list></photo-list>
        <photo-bench .item=${d.selected}></photo-bench>
      </div>`:d.link==="locked"?Xo():d.link==="connecting"?l`<p class="visually-hidden" role="status">Connecting.</p>`:l`<drop-zone></drop-zone>`}#t(){let e=Ke().length,s=d.results;return l`
      ${d.items.length>1&&e?l`<button class="button" ?disabled=${d.link==="lost"} @click=${Ft}>
              ${m("spark")}<span>Restore all<span class="wide"> (${e})</span></span>
            </button>`:h}
      ${s.length>1?l`<a class="button" href=${y.zip(s.map(o=>o.id))} download="restored.zip">
              ${m("download")}<span>Download all<span class="wide"> (${s.length})</span></span>
            </a>`:h}
      <button class="button" @click=${we}>
        ${m("plus")}<span>Add<span class="wide"> photographs</span></span>
      </button>
    `}#s(){return d.link==="lost"?l`<p class="banner" role="status">
        ${m("unplugged")}
        <span
          ><strong>The server does not respond.</strong> Nothing is lost: the page tries again every few seconds and
          continues when the server is back.</span
        >
      </p>`:d.link==="locked"&&d.items.length?l`<p class="banner" role="status">
        ${m("lock")}<span
          >You are signed out. Start <code>blindsr serve</code> again, and open the address that it prints.</span
        >
      </p>`:h}},Xo=()=>l`<section class="panel-page">
    <div class="panel-icon">${m("lock")}</div>
    <h1>This server requires a token</h1>
    <p>Open the address that <code>blindsr serve</code> printed when it started: it ends in <code>?token=…</code></p>
    <p class="soft">Each address works once; the server prints another when it is started again.</p>
  </section>`;customElements.define("blindsr-page",yt);async function Ls(){let t=await fetch("static/icons.svg"),e=new DOMParser().parseFromString(await t.text(),"image/svg+xml").documentElement;e.setAttribute("display","none"),e.setAttribute("aria-hidden","true");for(let s of e.querySelectorAll("symbol"))s.id=`icon-${s.id}`;document.body.append(document.importNode(e,!0))}var xt=1e3,ei=15e3;function Ns({greet:t,refresh:e,changed:s}){let o=xt,i=r=>{d.connected([401,403].includes(w(r).status)?"locked":"lost"),setTimeout(n,o),o=Math.min(ei,2*o)},n=async()=>{try{await t(),await ti(e,s,i),o=xt,d.connected("open")}catch(r){i(r)}};addEventListener("online",()=>o=xt),n()}function ti(t,e,s){return new Promise((o,i)=>{let n=new EventSource("v1/events"),r=[];n.addEventListener("job",a=>{let c=JSON.parse(a.data);r?r.push(c):e(c)}),n.onopen=async()=>{try{await t();for(let a of r??[])e(a);r=null,o()}catch(a){n.close(),i(a)}},n.onerror=()=>{n.close(),r?i(new TypeError("no stream")):s(new TypeError("the stream ended"))}})}function Rs(){Ns({greet:async()=>{d.models=(await Tt()).models},refresh:oi,changed:t=>{si(t)}})}async function si(t){!d.byJob(t.id)&&!d.byPhoto(t.photo)&&await At(t.photo,t.name),ve(t,!0)}async function oi(){let t=(await Lt()).sort((s,o)=>Y(s.created)-Y(o.created)),e=new Set(t.map(s=>s.id));for(let s of d.items)s.jobs=s.jobs.filter(o=>e.has(o.id));for(let{id:s,settings:o}of qt()){let i=await At(s,null);i&&o&&(i.settings={...i.settings,...o})}for(let s of t)d.byJob(s.id)||await At(s.photo,s.name),ve(s);for(let s of d.items)s.done.length&&!s.busy&&!s.card&&(s.tab="result");for(let s of d.items)s.problem?.offline&&ii(s);I(d.items),d.changed()}function ii(t){t.upload==="refused"?be(t):Q(t)}async function At(t,e){if(t===null||d.forgotten.has(t))return null;let s=d.byPhoto(t);if(s)return s;let o=new G(e??"");try{o.photo=await St(t),o.name=o.photo.name}catch(n){if(w(n).status!==404)throw n;if(e===null)return null;o.upload="gone",o.photo={id:t,name:e,size_bytes:0,width:0,height:0,format:"",megapixels:0,frames:1}}let i=d.byPhoto(t);return i||(d.add(o),o.upload==="kept"&&Q(o),o)}Ls();Zt();vs();Rs();
