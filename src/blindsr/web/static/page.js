// Built from web/page; lit-html in it is under the licence in vendor/lit-html.
var oe=new Intl.NumberFormat("en",{maximumFractionDigits:1});function ie(t){let e=["bytes","kB","MB","GB","TB"],s=t<1e3?0:Math.min(e.length-1,Math.floor(Math.log10(t)/3)),o=t/1e3**s;return`${o>=100?Math.round(o):oe.format(o)} ${e[s]}`}var J=(t,e)=>`${t} \xD7 ${e}`;function Y(t,e){let s=t*e/1e6;return`${s<.1?s.toFixed(2):oe.format(s)} megapixels`}function ue(t){if(t<10)return`${oe.format(Math.max(0,t))} s`;let e=Math.round(t);if(e<60)return`${e} s`;let s=Math.floor(e/60);return s<60?e%60?`${s} min ${e%60} s`:`${s} min`:s%60?`${Math.floor(s/60)} h ${s%60} min`:`${s/60} h`}function At(t){return t===null||!Number.isFinite(t)?"Just begun":t<2?"Nearly done":t<10?"A few seconds left":t<55?`About ${Math.ceil(t/5)*5} s left`:t<3300?`About ${Math.round(t/60)||1} min left`:`About ${oe.format(Math.round(t/360)/10)} h left`}var A=t=>`${Math.round(100*t)} %`,Z=t=>oe.format(t),pe=(t,e)=>`${t} ${e}${t===1?"":"s"}`;function G(t){return t===null?NaN:typeof t=="number"?t*1e3:Date.parse(t)}function _(t){let e=t.split(/[\s,:]/,1)[0]??"",s=/^[a-z]+$/.test(e)?t.charAt(0).toUpperCase()+t.slice(1):t;return/[.!?…]$/.test(s)?s:`${s}.`}var L=class extends Error{constructor(e,{status:s=0,code:o="",title:i="",retryAfter:n=0}={}){super(e),this.name="Problem",this.status=s,this.code=o,this.title=i,this.retryAfter=n}get offline(){return this.code==="offline"}};function me(){return new L("The server does not answer.",{code:"offline",title:"No connection"})}function De(t,e,s=null){let o={};try{o=JSON.parse(e)??{}}catch{}let i=typeof o.title=="string"?o.title:"",n=typeof o.detail=="string"?o.detail:i;return new L(_(n||`The server answered with status ${t}.`),{status:t,title:i,code:typeof o.code=="string"?o.code:"",retryAfter:Number(s)||0})}function v(t){return t instanceof L?t:t instanceof TypeError?me():new L(t instanceof Error?t.message:String(t))}async function fe(t,e){let s;try{s=await fetch(`v1/${t}`,e)}catch(o){throw o instanceof DOMException&&o.name==="AbortError"?o:me()}if(!s.ok)throw De(s.status,await s.text(),s.headers.get("Retry-After"));return s}var P=async(t,e)=>(await fe(t,e)).json(),kt=(t,e={})=>({method:"POST",headers:{"Content-Type":"application/json",...e},body:JSON.stringify(t)}),_t=()=>P("models"),Et=t=>P(`photos/${t}`),Tt=t=>P(`photos/${t}/analysis`),St=t=>fe(`photos/${t}`,{method:"DELETE"}),Mt=async()=>(await P("jobs")).jobs,Ct=t=>fe(`jobs/${t}`,{method:"DELETE"}),Lt=async t=>(await P(`jobs/${t}/command`)).command,ge=(t,e)=>P(`${t}/${e}/tiles.json`);async function Nt(t,e,s){let o=await P("jobs",kt({photo:t,options:e},{"Idempotency-Key":s}));return o.job??o}async function Rt(t,e,s,o,i){let n=await fe("preview",{...kt({photo:t,region:e,options:s,client:o}),signal:i});return{image:await n.blob(),model:n.headers.get("X-Blindsr-Model")??"",seconds:Number(n.headers.get("X-Blindsr-Seconds"))||0}}function jt(t,e,s){return new Promise((o,i)=>{let n=new XMLHttpRequest;n.upload.onprogress=l=>l.lengthComputable&&e(l.loaded/l.total),n.onload=()=>n.status<300?o(JSON.parse(n.responseText)):i(De(n.status,n.responseText,n.getResponseHeader("Retry-After"))),n.onerror=()=>i(me()),n.onabort=()=>i(new L("The upload was stopped.",{code:"aborted"})),s.addEventListener("abort",()=>n.abort());let r=new FormData;r.append("file",t,t.name),n.open("POST","v1/photos"),n.send(r)})}var x={preview:(t,e)=>`v1/photos/${t}/preview?side=${e}`,tile:(t,e,s,o,i,n)=>`v1/${t}/${e}/tiles/${s}/${o}_${i}.${n}`,result:t=>`v1/jobs/${t}/result`,report:t=>`v1/jobs/${t}/report`,map:t=>`v1/jobs/${t}/map`,zip:t=>`v1/results.zip?${t.map(e=>`job=${encodeURIComponent(e)}`).join("&")}`};var z=Object.freeze({model:"auto",sizing:"scale",scale:null,size:"",megapixels:null,strength:1,denoise:null,detail:null,noise:null,blur:null,steps:null,time_limit:"",native:"",tta:!1,format:"keep",quality:95,bits:"keep"}),Ss=["denoise","noise","blur","steps","time_limit"],Ms=new Set(["jpeg","webp","avif","heic"]),Cs=(t,e)=>t.model==="auto"?e?.choice?.model??"":t.model,ne=(t,e,s)=>e.find(o=>o.name===Cs(t,s))??null;function N(t,e){return e!==null&&(e.options??[]).includes(t)}function Ls(t,e){let s={};for(let o of Ss){let i=t[o];i!==null&&i!==""&&N(o,e)&&(s[o]=i)}return s}function Oe(t,e,s){let o=ne(t,e,s),i=Ls(t,o),r={model:t.model==="auto"&&Object.keys(i).length&&o?o.name:t.model,...i};return t.detail&&N("detail",o)&&(r.detail=t.detail),t.tta&&(r.tta=!0),r}function Pt(t,e,s){let o=Oe(t,e,s);return t.native?o.native=t.native:t.model==="auto"&&o.model!=="auto"&&(o.native="auto"),t.sizing==="scale"&&t.scale&&(o.scale=t.scale),t.sizing==="size"&&t.size&&(o.size=t.size),t.sizing==="megapixels"&&t.megapixels&&(o.megapixels=t.megapixels),t.strength<1&&(o.strength=t.strength),t.format!=="keep"&&(o.format=t.format),t.quality!==z.quality&&(o.quality=t.quality),t.bits!=="keep"&&(o.bits=t.bits),o.report=!0,o}var zt=(t,e)=>Ms.has(t==="keep"?e.toLowerCase():t);function It(t,e,s){let o=Ns(t,e,s);return o===null||!Number.isFinite(o)||o<=0?null:[Math.max(1,Math.round(e.width*o)),Math.max(1,Math.round(e.height*o))]}function Ns(t,e,s){let{width:o,height:i}=e,n=s?.scale??4;if(t.sizing==="megapixels")return t.megapixels?Math.sqrt(t.megapixels*1e6/(o*i)):n;if(t.sizing==="scale"||!t.size)return t.scale??n;let[,r,l]=/^(\d*)x(\d*)$/.exec(t.size)??[];return!r&&!l?null:Math.min(r?Number(r)/o:1/0,l?Number(l)/i:1/0)}var Rs=0,Q=class{constructor(e,s=null){this.key=`item-${++Rs}`,this.name=e,this.file=s,this.local=s?URL.createObjectURL(s):"",this.upload=s?"waiting":"kept",this.sent=0,this.photo=null,this.card=null,this.problem=null,this.settings={...z},this.region=null,this.jobs=[],this.shown=null,this.tab="preview",this.full=!1,this.asked=!1,this.stop=new AbortController}get job(){return this.jobs[0]??null}get done(){return this.jobs.filter(e=>e.state==="done")}get result(){return this.done.find(e=>e.id===this.shown)??this.done[0]??null}get busy(){return this.full||this.job?.state==="queued"||this.job?.state==="running"}get status(){return this.upload!=="kept"&&!(this.upload==="gone"&&this.job)?this.upload:this.full?"full":this.job?this.job.state:this.card||this.problem?"ready":"looking"}get restorable(){return this.upload==="kept"&&this.photo!==null&&!this.busy&&!this.asked}update(e){let s=this.jobs.findIndex(o=>o.id===e.id);s>=0?this.jobs[s]=e:this.jobs.unshift(e)}drop(e){this.jobs=this.jobs.filter(s=>s.id!==e),this.done.length||(this.tab="preview")}release(){this.local&&URL.revokeObjectURL(this.local),this.local="",this.file=null}};var Dt="blindsr.photographs";function Ot(t=localStorage){try{let e=JSON.parse(t.getItem(Dt)??"[]");return Array.isArray(e)?e.filter(s=>typeof s?.id=="string"):[]}catch{return[]}}function I(t,e=localStorage){let s=t.flatMap(o=>o.photo?[{id:o.photo.id,settings:o.settings}]:[]);try{e.setItem(Dt,JSON.stringify(s))}catch{}}var He=class extends EventTarget{items=[];selectedKey=null;models=[];link="connecting";notices=[];forgotten=new Set;#e=!1;#t=0;changed(){this.#e||(this.#e=!0,queueMicrotask(()=>{this.#e=!1,this.dispatchEvent(new Event("change"))}))}get selected(){return this.items.find(e=>e.key===this.selectedKey)??null}get results(){return this.items.flatMap(e=>e.done[0]??[])}byPhoto(e){return this.items.find(s=>e!==null&&s.photo?.id===e)??null}byJob(e){return this.items.find(s=>s.jobs.some(o=>o.id===e))??null}add(e){this.items.push(e),this.selectedKey??=e.key,this.changed()}remove(e){let s=this.items.indexOf(e);this.items=this.items.filter(o=>o!==e),this.selectedKey===e.key&&(this.selectedKey=(this.items[s]??this.items[s-1])?.key??null),this.changed()}select(e){this.selectedKey=e.key,this.changed()}connected(e){this.link=e,this.changed()}say(e,s="plain"){let o=++this.#t;this.notices=[...this.notices.slice(-2),{id:o,text:e,kind:s}],this.changed(),setTimeout(()=>this.dismiss(o),s==="bad"?12e3:5e3)}dismiss(e){this.notices=this.notices.filter(s=>s.id!==e),this.changed()}},d=new He;var js=2,Ps=5;function be(t){let e=[...t].map(s=>new Q(s.name||"Pasted photograph.png",s));for(let s of e)d.add(s);e[0]&&d.select(e[0]),e.length>1&&d.say(`${pe(e.length,"photograph")} added.`);for(let s=js-zs();s>0;s--)qe()}var zs=()=>d.items.filter(t=>t.upload==="sending").length;async function qe(){let t=d.items.find(e=>e.upload==="waiting");if(t?.file){t.upload="sending",d.changed();try{let e=s=>{t.sent=s,d.changed()};t.photo=await jt(t.file,e,t.stop.signal),t.upload="kept",X(t)}catch(e){if(t.stop.signal.aborted)return;t.upload="refused",t.problem=v(e),Ue(t,t.problem.message)}finally{qe()}I(d.items),d.changed()}}var Ue=(t,e)=>d.say(e.includes(t.name)?e:`${t.name}: ${e}`,"bad");function $e(t){t.upload="waiting",t.problem=null,t.sent=0,qe()}async function X(t){if(t.photo){t.problem=null,d.changed();try{t.card=await Tt(t.photo.id)}catch(e){t.problem=v(e)}d.changed()}}async function Be(t){if(!t.photo||!t.restorable)return;let e=Ve(),s=Pt(t.settings,d.models,t.card);t.asked=!0,d.changed();try{await Is(t,async()=>{let o=await Nt(t.photo?.id??"",s,e);d.byJob(o.id)||ve(o,!0)})}catch(o){Ue(t,v(o).message)}t.asked=!1,d.changed()}async function Is(t,e){for(;;)try{await e(),t.full=!1;return}catch(s){let o=v(s);if(o.status!==429)throw t.full=!1,o;if(t.full=!0,d.changed(),await new Promise(i=>setTimeout(i,1e3*(o.retryAfter||Ps))),!t.full||!d.items.includes(t))return}}async function Ht(){for(let t of Fe())await Promise.race([Be(t),Ds()])}var Ds=()=>new Promise(t=>setTimeout(t,500)),Fe=()=>d.items.filter(t=>t.restorable&&!t.done.length);async function qt(t){t.full=!1;let e=t.job;e&&(e.state==="queued"||e.state==="running")&&await Ut(t,e.id),d.changed()}async function Ut(t,e){try{await Ct(e),t.drop(e)}catch(s){let o=v(s);o.status===404?t.drop(e):d.say(o.message,"bad")}}async function we(t){t.stop.abort(),t.full=!1,t.photo&&d.forgotten.add(t.photo.id),d.remove(t),document.getElementById("work")?.focus({preventScroll:!0}),t.release(),I(d.items),await Promise.all(t.jobs.map(e=>Ut(t,e.id))),t.photo&&t.upload==="kept"&&await St(t.photo.id).catch(()=>{})}function Bt(t){for(let e of d.items)e.settings={...t.settings};I(d.items),d.say("All photographs have these settings now.","good")}function Ft(t,e){t.settings={...t.settings,...e},I(d.items),d.changed()}function ve(t,e=!1){let s=d.byJob(t.id)??d.byPhoto(t.photo);if(!s)return;let o=s.jobs.find(i=>i.id===t.id)?.state;t.state==="cancelled"?s.drop(t.id):s.update(t),e&&t.state==="done"&&o!=="done"&&Os(s,t),e&&t.state==="failed"&&o!=="failed"&&t.error&&Ue(s,_(t.error.detail??t.error.title??"it failed")),d.changed()}function Os(t,e){t.shown=e.id,t.tab="result",d.say(`${t.name} is restored.`,t===d.selected?"plain":"good")}function Ve(){return[...crypto.getRandomValues(new Uint8Array(16))].map(e=>e.toString(16).padStart(2,"0")).join("")}var Hs="image/*,.heic,.heif,.avif,.tif,.tiff,.ppm,.pgm,.pnm";function Vt(){let t=s=>document.documentElement.classList.toggle("dropping",s),e=0;addEventListener("dragenter",s=>{Ke(s)&&(e+=1,t(!0))}),addEventListener("dragleave",()=>{e=Math.max(0,e-1),e||t(!1)}),addEventListener("dragover",s=>Ke(s)&&s.preventDefault()),addEventListener("drop",s=>{e=0,t(!1),Ke(s)&&(s.preventDefault(),be(s.dataTransfer?.files??[]))}),addEventListener("paste",s=>{let o=[...s.clipboardData?.files??[]];o.length&&be(o)})}var Ke=t=>t.dataTransfer?.types.includes("Files")??!1;function ye(){let t=document.createElement("input");t.type="file",t.multiple=!0,t.accept=Hs,t.hidden=!0,t.dataset.testid="files",t.addEventListener("change",()=>{be(t.files??[]),t.remove()}),t.addEventListener("cancel",()=>t.remove()),document.body.append(t),t.click()}var Je=globalThis,Kt=t=>t,xe=Je.trustedTypes,Wt=xe?xe.createPolicy("lit-html",{createHTML:t=>t}):void 0,Ye="$lit$",M=`lit$${Math.random().toFixed(9).slice(2)}$`,Ze="?"+M,qs=`<${Ze}>`,H=document,ae=()=>H.createComment(""),le=t=>t===null||typeof t!="object"&&typeof t!="function",Ge=Array.isArray,Xt=t=>Ge(t)||typeof t?.[Symbol.iterator]=="function",We=`[ 	
\f\r]`,re=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,Jt=/-->/g,Yt=/>/g,D=RegExp(`>|${We}(?:([^\\s"'>=/]+)(${We}*=${We}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),Zt=/'/g,Gt=/"/g,es=/^(?:script|style|textarea|title)$/i,Qe=t=>(e,...s)=>({_$litType$:t,strings:e,values:s}),a=Qe(1),Us=Qe(2),wi=Qe(3),k=Symbol.for("lit-noChange"),h=Symbol.for("lit-nothing"),Qt=new WeakMap,O=H.createTreeWalker(H,129);function ts(t,e){if(!Ge(t)||!t.hasOwnProperty("raw"))throw Error("invalid template strings array");return Wt!==void 0?Wt.createHTML(e):e}var ss=(t,e)=>{let s=t.length-1,o=[],i,n=e===2?"<svg>":e===3?"<math>":"",r=re;for(let l=0;l<s;l++){let c=t[l],p,b,u=-1,g=0;for(;g<c.length&&(r.lastIndex=g,b=r.exec(c),b!==null);)g=r.lastIndex,r===re?b[1]==="!--"?r=Jt:b[1]!==void 0?r=Yt:b[2]!==void 0?(es.test(b[2])&&(i=RegExp("</"+b[2],"g")),r=D):b[3]!==void 0&&(r=D):r===D?b[0]===">"?(r=i??re,u=-1):b[1]===void 0?u=-2:(u=r.lastIndex-b[2].length,p=b[1],r=b[3]===void 0?D:b[3]==='"'?Gt:Zt):r===Gt||r===Zt?r=D:r===Jt||r===Yt?r=re:(r=D,i=void 0);let f=r===D&&t[l+1].startsWith("/>")?" ":"";n+=r===re?c+qs:u>=0?(o.push(p),c.slice(0,u)+Ye+c.slice(u)+M+f):c+M+(u===-2?l:f)}return[ts(t,n+(t[s]||"<?>")+(e===2?"</svg>":e===3?"</math>":"")),o]},ce=class t{constructor({strings:e,_$litType$:s},o){let i;this.parts=[];let n=0,r=0,l=e.length-1,c=this.parts,[p,b]=ss(e,s);if(this.el=t.createElement(p,o),O.currentNode=this.el.content,s===2||s===3){let u=this.el.content.firstChild;u.replaceWith(...u.childNodes)}for(;(i=O.nextNode())!==null&&c.length<l;){if(i.nodeType===1){if(i.hasAttributes())for(let u of i.getAttributeNames())if(u.endsWith(Ye)){let g=b[r++],f=i.getAttribute(u).split(M),w=/([.?@])?(.*)/.exec(g);c.push({type:1,index:n,name:w[2],strings:f,ctor:w[1]==="."?ke:w[1]==="?"?_e:w[1]==="@"?Ee:U}),i.removeAttribute(u)}else u.startsWith(M)&&(c.push({type:6,index:n}),i.removeAttribute(u));if(es.test(i.tagName)){let u=i.textContent.split(M),g=u.length-1;if(g>0){i.textContent=xe?xe.emptyScript:"";for(let f=0;f<g;f++)i.append(u[f],ae()),O.nextNode(),c.push({type:2,index:++n});i.append(u[g],ae())}}}else if(i.nodeType===8)if(i.data===Ze)c.push({type:2,index:n});else{let u=-1;for(;(u=i.data.indexOf(M,u+1))!==-1;)c.push({type:7,index:n}),u+=M.length-1}n++}}static createElement(e,s){let o=H.createElement("template");return o.innerHTML=e,o}};function q(t,e,s=t,o){if(e===k)return e;let i=o!==void 0?s._$Co?.[o]:s._$Cl,n=le(e)?void 0:e._$litDirective$;return i?.constructor!==n&&(i?._$AO?.(!1),n===void 0?i=void 0:(i=new n(t),i._$AT(t,s,o)),o!==void 0?(s._$Co??=[])[o]=i:s._$Cl=i),i!==void 0&&(e=q(t,i._$AS(t,e.values),i,o)),e}var Ae=class{constructor(e,s){this._$AV=[],this._$AN=void 0,this._$AD=e,this._$AM=s}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(e){let{el:{content:s},parts:o}=this._$AD,i=(e?.creationScope??H).importNode(s,!0);O.currentNode=i;let n=O.nextNode(),r=0,l=0,c=o[0];for(;c!==void 0;){if(r===c.index){let p;c.type===2?p=new ee(n,n.nextSibling,this,e):c.type===1?p=new c.ctor(n,c.name,c.strings,this,e):c.type===6&&(p=new Te(n,this,e)),this._$AV.push(p),c=o[++l]}r!==c?.index&&(n=O.nextNode(),r++)}return O.currentNode=H,i}p(e){let s=0;for(let o of this._$AV)o!==void 0&&(o.strings!==void 0?(o._$AI(e,o,s),s+=o.strings.length-2):o._$AI(e[s])),s++}},ee=class t{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(e,s,o,i){this.type=2,this._$AH=h,this._$AN=void 0,this._$AA=e,this._$AB=s,this._$AM=o,this.options=i,this._$Cv=i?.isConnected??!0}get parentNode(){let e=this._$AA.parentNode,s=this._$AM;return s!==void 0&&e?.nodeType===11&&(e=s.parentNode),e}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(e,s=this){e=q(this,e,s),le(e)?e===h||e==null||e===""?(this._$AH!==h&&this._$AR(),this._$AH=h):e!==this._$AH&&e!==k&&this._(e):e._$litType$!==void 0?this.$(e):e.nodeType!==void 0?this.T(e):Xt(e)?this.k(e):this._(e)}O(e){return this._$AA.parentNode.insertBefore(e,this._$AB)}T(e){this._$AH!==e&&(this._$AR(),this._$AH=this.O(e))}_(e){this._$AH!==h&&le(this._$AH)?this._$AA.nextSibling.data=e:this.T(H.createTextNode(e)),this._$AH=e}$(e){let{values:s,_$litType$:o}=e,i=typeof o=="number"?this._$AC(e):(o.el===void 0&&(o.el=ce.createElement(ts(o.h,o.h[0]),this.options)),o);if(this._$AH?._$AD===i)this._$AH.p(s);else{let n=new Ae(i,this),r=n.u(this.options);n.p(s),this.T(r),this._$AH=n}}_$AC(e){let s=Qt.get(e.strings);return s===void 0&&Qt.set(e.strings,s=new ce(e)),s}k(e){Ge(this._$AH)||(this._$AH=[],this._$AR());let s=this._$AH,o,i=0;for(let n of e)i===s.length?s.push(o=new t(this.O(ae()),this.O(ae()),this,this.options)):o=s[i],o._$AI(n),i++;i<s.length&&(this._$AR(o&&o._$AB.nextSibling,i),s.length=i)}_$AR(e=this._$AA.nextSibling,s){for(this._$AP?.(!1,!0,s);e!==this._$AB;){let o=Kt(e).nextSibling;Kt(e).remove(),e=o}}setConnected(e){this._$AM===void 0&&(this._$Cv=e,this._$AP?.(e))}},U=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(e,s,o,i,n){this.type=1,this._$AH=h,this._$AN=void 0,this.element=e,this.name=s,this._$AM=i,this.options=n,o.length>2||o[0]!==""||o[1]!==""?(this._$AH=Array(o.length-1).fill(new String),this.strings=o):this._$AH=h}_$AI(e,s=this,o,i){let n=this.strings,r=!1;if(n===void 0)e=q(this,e,s,0),r=!le(e)||e!==this._$AH&&e!==k,r&&(this._$AH=e);else{let l=e,c,p;for(e=n[0],c=0;c<n.length-1;c++)p=q(this,l[o+c],s,c),p===k&&(p=this._$AH[c]),r||=!le(p)||p!==this._$AH[c],p===h?e=h:e!==h&&(e+=(p??"")+n[c+1]),this._$AH[c]=p}r&&!i&&this.j(e)}j(e){e===h?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,e??"")}},ke=class extends U{constructor(){super(...arguments),this.type=3}j(e){this.element[this.name]=e===h?void 0:e}},_e=class extends U{constructor(){super(...arguments),this.type=4}j(e){this.element.toggleAttribute(this.name,!!e&&e!==h)}},Ee=class extends U{constructor(e,s,o,i,n){super(e,s,o,i,n),this.type=5}_$AI(e,s=this){if((e=q(this,e,s,0)??h)===k)return;let o=this._$AH,i=e===h&&o!==h||e.capture!==o.capture||e.once!==o.once||e.passive!==o.passive,n=e!==h&&(o===h||i);i&&this.element.removeEventListener(this.name,this,o),n&&this.element.addEventListener(this.name,this,e),this._$AH=e}handleEvent(e){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,e):this._$AH.handleEvent(e)}},Te=class{constructor(e,s,o){this.element=e,this.type=6,this._$AN=void 0,this._$AM=s,this.options=o}get _$AU(){return this._$AM._$AU}_$AI(e){q(this,e)}},os={M:Ye,P:M,A:Ze,C:1,L:ss,R:Ae,D:Xt,V:q,I:ee,H:U,N:_e,U:Ee,B:ke,F:Te},Bs=Je.litHtmlPolyfillSupport;Bs?.(ce,ee),(Je.litHtmlVersions??=[]).push("3.3.3");var Xe=(t,e,s)=>{let o=s?.renderBefore??e,i=o._$litPart$;if(i===void 0){let n=s?.renderBefore??null;o._$litPart$=i=new ee(e.insertBefore(ae(),n),n,void 0,s??{})}return i._$AI(t),i};var C={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},Se=t=>(...e)=>({_$litDirective$:t,values:e}),te=class{constructor(e){}get _$AU(){return this._$AM._$AU}_$AT(e,s,o){this._$Ct=e,this._$AM=s,this._$Ci=o}_$AS(e,s){return this.update(e,s)}update(e,s){return this.render(...s)}};var{I:Fs}=os,is=t=>t;var rs=t=>t.strings===void 0,ns=()=>document.createComment(""),se=(t,e,s)=>{let o=t._$AA.parentNode,i=e===void 0?t._$AB:e._$AA;if(s===void 0){let n=o.insertBefore(ns(),i),r=o.insertBefore(ns(),i);s=new Fs(n,r,t,t.options)}else{let n=s._$AB.nextSibling,r=s._$AM,l=r!==t;if(l){let c;s._$AQ?.(t),s._$AM=t,s._$AP!==void 0&&(c=t._$AU)!==r._$AU&&s._$AP(c)}if(n!==i||l){let c=s._$AA;for(;c!==n;){let p=is(c).nextSibling;is(o).insertBefore(c,i),c=p}}}return s},R=(t,e,s=t)=>(t._$AI(e,s),t),Vs={},Me=(t,e=Vs)=>t._$AH=e,as=t=>t._$AH,Ce=t=>{t._$AR(),t._$AA.remove()};var E=Se(class extends te{constructor(t){if(super(t),t.type!==C.PROPERTY&&t.type!==C.ATTRIBUTE&&t.type!==C.BOOLEAN_ATTRIBUTE)throw Error("The `live` directive is not allowed on child or event bindings");if(!rs(t))throw Error("`live` bindings can only contain a single expression")}render(t){return t}update(t,[e]){if(e===k||e===h)return e;let s=t.element,o=t.name;if(t.type===C.PROPERTY){if(e===s[o])return k}else if(t.type===C.BOOLEAN_ATTRIBUTE){if(!!e===s.hasAttribute(o))return k}else if(t.type===C.ATTRIBUTE&&s.getAttribute(o)===e+"")return k;return Me(t),e}});var ls=(t,e,s)=>{let o=new Map;for(let i=e;i<=s;i++)o.set(t[i],i);return o},de=Se(class extends te{constructor(t){if(super(t),t.type!==C.CHILD)throw Error("repeat() can only be used in text expressions")}dt(t,e,s){let o;s===void 0?s=e:e!==void 0&&(o=e);let i=[],n=[],r=0;for(let l of t)i[r]=o?o(l,r):r,n[r]=s(l,r),r++;return{values:n,keys:i}}render(t,e,s){return this.dt(t,e,s).values}update(t,[e,s,o]){let i=as(t),{values:n,keys:r}=this.dt(e,s,o);if(!Array.isArray(i))return this.ut=r,n;let l=this.ut??=[],c=[],p,b,u=0,g=i.length-1,f=0,w=n.length-1;for(;u<=g&&f<=w;)if(i[u]===null)u++;else if(i[g]===null)g--;else if(l[u]===r[f])c[f]=R(i[u],n[f]),u++,f++;else if(l[g]===r[w])c[w]=R(i[g],n[w]),g--,w--;else if(l[u]===r[w])c[w]=R(i[u],n[w]),se(t,c[w+1],i[u]),u++,w--;else if(l[g]===r[f])c[f]=R(i[g],n[f]),se(t,i[u],i[g]),g--,f++;else if(p===void 0&&(p=ls(r,f,w),b=ls(l,u,g)),p.has(l[u]))if(p.has(l[g])){let y=b.get(r[f]),W=y!==void 0?i[y]:null;if(W===null){let xt=se(t,i[u]);R(xt,n[f]),c[f]=xt}else c[f]=R(W,n[f]),se(t,i[u],W),i[y]=null;f++}else Ce(i[g]),g--;else Ce(i[u]),u++;for(;f<=w;){let y=se(t,c[w+1]);R(y,n[f]),c[f++]=y}for(;u<=g;){let y=i[u++];y!==null&&Ce(y)}return this.ut=r,Me(t,c),k}});var m=t=>a`<svg class="icon" aria-hidden="true" focusable="false">
    <use href="static/icons.svg#${t}"></use>
  </svg>`;var $=class extends HTMLElement{#e=new AbortController;connectedCallback(){this.#e=new AbortController,d.addEventListener("change",()=>this.draw(),{signal:this.ended}),this.draw()}disconnectedCallback(){this.#e.abort()}get ended(){return this.#e.signal}refuge="";draw(){if(!this.isConnected)return;let e=this.refuge&&this.contains(document.activeElement);if(Xe(this.template(),this,{host:this}),!e||this.contains(document.activeElement))return;let s=this.querySelector(this.refuge);s instanceof HTMLElement&&s.focus({preventScroll:!0})}template(){throw new Error("an element needs a template")}};var et=class extends ${template(){let e=["localhost","127.0.0.1","[::1]"].includes(location.hostname);return a`<section class="invitation">
      <div class="invitation-drop">
        <img src="static/empty.svg" alt="" width="360" height="220" />
        <h1>Drop photographs here</h1>
        <p class="lead">
          See how each one was blurred, made noisy and compressed, and restore it under just that condition.
        </p>
        <button class="button primary large" @click=${ye}>${m("photo")}Choose photographs</button>
        <p class="soft small keys">or paste one with <kbd>Ctrl</kbd> <kbd>V</kbd></p>
      </div>
      <p class="soft small">
        JPEG, PNG, WebP, TIFF, AVIF, HEIC, GIF and more.
        ${e?"They stay on this computer.":a`They go to ${location.host} and nowhere else.`}
      </p>
    </section>`}};customElements.define("drop-zone",et);var Ks={good:"check",bad:"alert",plain:"photo"},tt=class extends ${template(){return a`<div class="notices" role="log" aria-live="polite" aria-label="Messages">
      ${de(d.notices,e=>e.id,e=>a`<div class="notice ${e.kind} ${e.kind==="plain"?"visually-hidden":""}">
            ${m(Ks[e.kind])}
            <p>${e.text}</p>
            <button class="button quiet square" aria-label="Dismiss" @click=${()=>d.dismiss(e.id)}>
              ${m("close")}
            </button>
          </div>`)}
    </div>`}};customElements.define("notice-list",tt);function Le(t){t.target instanceof HTMLElement&&(t.target.style.visibility="hidden")}function cs(t){t.target instanceof HTMLElement&&(t.target.style.visibility="visible")}function B(t){let e=t.job;switch(t.status){case"waiting":return{text:"Waiting to be sent",icon:"clock",progress:null,kind:"plain"};case"sending":return t.sent>=1?{text:"Being read",icon:null,progress:null,kind:"busy"}:{text:`Sending, ${A(t.sent)}`,icon:null,progress:t.sent,kind:"busy"};case"refused":return{text:"Cannot be read",icon:"alert",progress:null,kind:"bad"};case"looking":return{text:"Looking at it",icon:null,progress:null,kind:"busy"};case"full":return{text:"Waits for room in the queue",icon:"clock",progress:null,kind:"plain"};case"queued":return{text:Ws(e?.position??null),icon:"clock",progress:null,kind:"plain"};case"running":return{text:At(e?.seconds_left??null),icon:null,progress:e?.progress??0,kind:"busy"};case"done":return{text:"Restored",icon:"check",progress:null,kind:"good"};case"failed":return{text:"Failed",icon:"alert",progress:null,kind:"bad"};case"gone":return{text:"Not on the server any more",icon:"alert",progress:null,kind:"bad"};default:return{text:"Ready",icon:null,progress:null,kind:"plain"}}}function Ws(t){return t===null?"In the queue":t<=1?"Next in the queue":`Number ${t} in the queue`}var Js={blur:Zs,noise:Gs,jpeg:Qs,resolution:Xs};function ds(t,e,s){t.width=t.height=112;let o=t.getContext("2d");o&&Js[e](o,s,getComputedStyle(t).color)}function Ys(t,e){let s=(e-1)/2,o=(i,n)=>Math.exp(-((i-s)**2+(n-s)**2)/(2*Math.max(t,.15)**2));return Array.from({length:e},(i,n)=>Array.from({length:e},(r,l)=>o(l,n)))}function Zs(t,e,s){let o=e.blur?.width??0,i=e.blur?.kernel??Ys(o,2*Math.ceil(Math.max(4,2.5*o))+1),n=i.length,r=Math.max(...i.flat()),l=112/n;t.fillStyle=s,i.forEach((c,p)=>c.forEach((b,u)=>{t.globalAlpha=r>0?Math.sqrt(Math.max(0,b)/r):0,t.fillRect(u*l,p*l,Math.max(1,l-1),Math.max(1,l-1))}))}function Gs(t,e,s){let o=e.noise?.sigma??0,i=Number(e.noise?.grain??0)>.5?8:4,n=eo(7);t.fillStyle=s;for(let r=0;r<112;r+=i)for(let l=0;l<112;l+=i){let c=.25+(n()+n()+n()-1.5)*8*o/255;t.globalAlpha=Math.min(.95,Math.max(.03,c)),t.fillRect(l,r,i,i)}}function Qs(t,e,s){let o=e.jpeg?.found?Math.min(1,(100-(e.jpeg.quality??60))/60):0,i=112/4,n=i/7,r=(l,c)=>.5+.45*Math.sin(.065*l+.4)*Math.cos(.05*c-.3);t.fillStyle=s;for(let l=0;l<112;l+=n)for(let c=0;c<112;c+=n){let p=r((Math.floor(c/i)+.5)*i,(Math.floor(l/i)+.5)*i);t.globalAlpha=(1-o)*r(c,l)+o*p,t.fillRect(c,l,n+.5,n+.5)}}function Xs(t,e,s){let i=108*(e.resolution?.native_fraction??1);t.fillStyle=t.strokeStyle=s,t.globalAlpha=.8,t.fillRect(2,110-i,i,i),t.globalAlpha=.9,t.lineWidth=3,t.setLineDash([7,6]),t.strokeRect(2,2,108,108)}function eo(t){let e=t;return()=>{e=e+1831565813|0;let s=Math.imul(e^e>>>15,1|e);return s=s+Math.imul(s^s>>>7,61|s)^s,((s^s>>>14)>>>0)/4294967296}}async function hs(t,e=2048){let s=new Image;s.src=t,await s.decode();let o=Math.min(1,e/Math.max(s.naturalWidth,s.naturalHeight)),i=document.createElement("canvas");i.width=Math.max(1,Math.round(s.naturalWidth*o)),i.height=Math.max(1,Math.round(s.naturalHeight*o));let n=i.getContext("2d");if(!n)throw new Error("The browser cannot draw the map.");n.drawImage(s,0,0,i.width,i.height);let r=n.getImageData(0,0,i.width,i.height);for(let c=0;c<r.data.length;c+=4){let p=r.data[c]??0;r.data.set([255,150-p/4,20,p],c)}n.putImageData(r,0,0);let l=await new Promise(c=>i.toBlob(c));return URL.createObjectURL(l)}var us=t=>[to(t),so(t),oo(t),io(t)];function ps(t){return t===null||Number.isNaN(t)?"":t>=.9?"Sure":t>=.7?"Fairly sure":t>=.4?"Not sure":"A guess"}function to(t){let e=t.blur?.width??null,s={kind:"blur",title:"Blur",confidence:t.blur?.confidence??null};if(e===null)return{...s,confidence:null,value:"Unknown",sentence:"The photograph is too small to measure it."};let o=e<.6?"Hardly blurred":e<1.2?"A little soft":e<2.5?"Clearly blurred":"Strongly blurred",i=t.blur?.kernel?"as drawn here":"the same in every direction";return{...s,value:`${Z(e)} px`,sentence:`${o}, ${i}.`}}function so(t){let e=t.noise?.sigma??null,s={kind:"noise",title:"Noise",confidence:t.noise?.confidence??null};if(e===null)return{...s,confidence:null,value:"Unknown",sentence:"The photograph is too small to measure it."};if(e<.5)return{...s,value:"None",sentence:"No noise to be seen."};let o=e<5?"A little noise":e<15?"Clear noise":"Strong noise",i=Number(t.noise?.grain??0),n=i>.5?", most of it coarse grain":i>.2?", some of it coarse grain":"";return{...s,value:`${Z(e)} of 255`,sentence:`${o}${n}.`}}function oo(t){let e=t.jpeg,s={kind:"jpeg",title:"JPEG",confidence:e?.confidence??null};if(!e?.found)return{...s,confidence:null,value:"None",sentence:"No traces of compression."};let o=e.source==="file"?"The file says so.":"Seen in the pixels.",i=e.period&&Math.abs(e.period-8)>.1?` Its blocks are ${Z(e.period)} pixels wide: it was resized since.`:"",n=e.quality===null?"Compressed":`Quality ${e.quality}`;return{...s,value:n,sentence:o+i}}function io(t){let e=t.resolution?.native_fraction??1,s={kind:"resolution",title:"True resolution",confidence:t.resolution?.confidence??null,value:A(e)};if(e>=.995)return{...s,sentence:"Every pixel carries detail."};let[o,i]=[Math.round(t.width*e),Math.round(t.height*e)];return{...s,sentence:`${o} \xD7 ${i} pixels would hold all that it shows.`}}function ms(t){return t.choice?t.choice.reasons.map(_):[]}var st=class extends ${item=null;#e;#t=matchMedia("(prefers-color-scheme: dark)");connectedCallback(){super.connectedCallback(),this.#t.addEventListener("change",()=>this.#s(),{signal:this.ended})}draw(){super.draw(),this.item?.card!==this.#e&&this.#s()}#s(){let e=this.item?.card;this.#e=e;for(let s of this.querySelectorAll("canvas"))e&&ds(s,s.dataset.kind,e)}template(){let e=this.item;return e?a`<section
      class="card"
      aria-labelledby="card-title"
      aria-busy=${e.card||e.problem?"false":"true"}
    >
      <h2 id="card-title">What is wrong with it</h2>
      ${e.card?no(e.card):e.problem?co(e):lo()}
    </section>`:h}},no=t=>a`
  <dl class="findings">${us(t).map(ao)}</dl>
  ${t.warnings.map(e=>a`<p class="warning">${m("alert")}<span>${_(e)}</span></p>`)}
  ${ro(t)}
  <details class="more">
    <summary>All numbers</summary>
    <pre tabindex="0">${JSON.stringify(t.report??t,null,2)}</pre>
  </details>
`,ro=t=>t.choice?a`<div class="decision">
        <h3>
          ${m("spark")}<span>Best restored with <code>${t.choice.model}</code></span>
        </h3>
        ${ms(t).map(e=>a`<p>${e}</p>`)}
      </div>`:h;function ao({kind:t,title:e,value:s,sentence:o,confidence:i}){return a`<div class="finding">
    <canvas data-kind=${t} width="112" height="112" aria-hidden="true"></canvas>
    <dt>${e}<span class="value">${s}</span></dt>
    <dd>
      <span>${o}</span>
      ${i===null?h:a`<span class="sure" title="${A(i)} sure">
              ${ps(i)}<meter min="0" max="1" value=${i} aria-label="Confidence"></meter>
            </span>`}
    </dd>
  </div>`}var lo=()=>a`<p class="visually-hidden" role="status">Looking at the photograph.</p>
    <div class="findings" aria-hidden="true">
      ${[0,1,2,3].map(()=>a`<div class="finding ghost"><i></i><b></b><u></u></div>`)}
    </div>`,co=t=>a`<p class="warning bad" role="alert">${m("alert")}<span>${t.problem?.message}</span></p>
    <button class="button" @click=${()=>X(t)}>${m("again")}Look again</button>`;customElements.define("degradation-card",st);var ot=class extends ${template(){return a`<nav class="photos" aria-label="Photographs">
      <ul @keydown=${this.#e}>
        ${de(d.items,e=>e.key,e=>a`<li>${ho(e)}</li>`)}
      </ul>
    </nav>`}#e(e){let s={ArrowDown:1,ArrowRight:1,ArrowUp:-1,ArrowLeft:-1}[e.key];if(!s||e.ctrlKey||e.metaKey)return;let o=[...e.currentTarget.querySelectorAll("button")],i=o[o.indexOf(document.activeElement)+s];i&&(e.preventDefault(),i.focus())}};function ho(t){let{text:e,icon:s,progress:o,kind:i}=B(t),n=t.key===d.selectedKey;return a`<button
    class="photo-entry ${i}"
    aria-current=${n?"true":h}
    @click=${()=>d.select(t)}
  >
    <span class="thumb">${uo(t)}</span>
    <span class="photo-text">
      <span class="photo-name">${t.name}</span>
      <span class="photo-status">${s?m(s):h}<span>${e}</span></span>
      ${i==="busy"?it(o):h}
    </span>
  </button>`}var it=t=>a`<progress class="thin" max="1" aria-hidden="true" value=${t??h}></progress>`;function uo(t){let e=t.photo&&t.upload==="kept"?x.preview(t.photo.id,256):t.local;return!e||t.upload==="refused"?m("photo"):a`<img src=${e} alt="" loading="lazy" @error=${Le} @load=${cs} />`}customElements.define("photo-list",ot);var nt=new EventTarget;function j(t){let e=document.documentElement;e.classList.contains("flipped")!==t&&(e.classList.toggle("flipped",t),nt.dispatchEvent(new CustomEvent("flip",{detail:t})))}function fs(){addEventListener("keydown",t=>{t.key.toLowerCase()!=="b"||t.ctrlKey||t.metaKey||t.altKey||po(t)||j(!0)}),addEventListener("keyup",t=>t.key.toLowerCase()==="b"&&j(!1)),addEventListener("blur",()=>j(!1)),addEventListener("pointerup",()=>j(!1)),addEventListener("pointercancel",()=>j(!1))}function rt(t){t.key!==" "&&t.key!=="Enter"||(t.preventDefault(),j(t.type==="keydown"))}function po(t){let e=t.target;return e instanceof HTMLElement?e.matches("textarea, select, input:not([type=range], [type=checkbox], [type=radio])"):!1}var mo=140,Ne=class{state="idle";picture="";model="";seconds=0;problem=null;#e="";#t=0;#s=new AbortController;constructor(e,s,o=Rt){this.client=e,this.changed=s,this.ask=o}want(e){let s=JSON.stringify(e);s!==this.#e&&(this.#i(),this.#e=s,this.#o("working",""),this.#t=window.setTimeout(()=>{this.#n(e)},mo))}again(){let e=this.#e;this.#e="",e&&this.want(JSON.parse(e))}end(){this.#i(),this.#e="",this.#o("idle","")}#i(){clearTimeout(this.#t),this.#s.abort(),this.#s=new AbortController}async#n({photo:e,region:s,options:o}){let{signal:i}=this.#s;try{let{image:n,model:r,seconds:l}=await this.ask(e,s,o,this.client,i);if(i.aborted)return;this.model=r,this.seconds=l,this.#o("done",URL.createObjectURL(n))}catch(n){let r=v(n);if(i.aborted||r.code==="superseded")return;this.problem=r,this.#o("failed","")}}#o(e,s){this.picture&&URL.revokeObjectURL(this.picture),this.state=e,this.picture=s,this.changed()}};var Re=[96,128,192,256,384],gs=192,F=(t,e,s)=>Math.min(s,Math.max(e,t));function je(t,e,s,o){let i=Math.min(o,t.width),n=Math.min(o,t.height),r=F(Math.round(e-i/2),0,t.width-i),l=F(Math.round(s-n/2),0,t.height-n);return[r,l,i,n]}var at=([t,e,s,o])=>[t+s/2,e+o/2],bs=(t,e=gs)=>je(t,t.width/2,t.height/2,e);function $s(t,e,s,o){let[i,n,r,l]=t;return[F(i+s,0,e.width-r),F(n+o,0,e.height-l),r,l]}function Pe(t,e,s){let o=Math.max(t[2],t[3]),i=Re.reduce((c,p)=>Math.abs(p-o)<Math.abs(c-o)?p:c),n=F(Re.indexOf(i)+s,0,Re.length-1),[r,l]=at(t);return je(e,r,l,Re[n]??gs)}function ws(t,e){let s=e?64:16;return t==="ArrowLeft"?[-s,0]:t==="ArrowRight"?[s,0]:t==="ArrowUp"?[0,-s]:t==="ArrowDown"?[0,s]:null}var fo=48,V=new Map,lt=new Map;function go(t,[e,s,o,i]){let{tile_size:n,overlap:r}=t,l=[];for(let c=Math.floor(s/n);c*n<s+i;c++)for(let p=Math.floor(e/n);p*n<e+o;p++)l.push({column:p,row:c,x:p*n-(p?r:0),y:c*n-(c?r:0)});return l}async function vs(t,e,s,o){let i=await bo(e),n=await Promise.all(go(i,s).map(async u=>({...u,picture:await $o(x.tile("photos",e,i.max_level,u.column,u.row,i.format))})));if(o.aborted)return;let[r,l,c,p]=s;t.width=c,t.height=p;let b=t.getContext("2d");for(let{picture:u,x:g,y:f}of n)b?.drawImage(u,g-r,f-l)}function bo(t){let e=lt.get(t);return e||(e=ge("photos",t),e.catch(()=>lt.delete(t)),lt.set(t,e)),e}function $o(t){let e=V.get(t);if(!e){let s=new Image;s.src=t,e=s.decode().then(()=>s),e.catch(()=>V.delete(t))}V.delete(t),V.set(t,e);for(let s of V.keys()){if(V.size<=fo)break;V.delete(s)}return e}var ct=class extends ${item=null;template(){let{item:e}=this,{photo:s,region:o}=e??{};if(!s||!o)return h;let[i,n,r,l]=o;return a`<div class="locator" @pointerdown=${this.#t}>
      <img
        src=${x.preview(s.id,1024)}
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
        aria-label="Part that is previewed: ${r} by ${l} pixels at ${i}, ${n}"
        aria-describedby="frame-keys"
        @keydown=${this.#s}
      ></div>
    </div>`}draw(){super.draw();let e=this.querySelector(".frame"),{photo:s,region:o}=this.item??{};if(!(e instanceof HTMLElement)||!s||!o)return;let[i,n,r,l]=o;e.style.left=`${100*i/s.width}%`,e.style.top=`${100*n/s.height}%`,e.style.width=`${100*r/s.width}%`,e.style.height=`${100*l/s.height}%`}#e(e){this.dispatchEvent(new CustomEvent("region",{detail:e,bubbles:!0}))}#t(e){let{photo:s,region:o}=this.item??{};if(e.button!==0||!s||!o)return;e.preventDefault();let i=e.currentTarget,n=i.getBoundingClientRect(),r=y=>({x:(y.clientX-n.left)/n.width*s.width,y:(y.clientY-n.top)/n.height*s.height}),l=r(e),c=Math.max(o[2],o[3]),p=e.target.classList.contains("frame"),[b,u]=p?at(o):[l.x,l.y],g=y=>{let W=r(y);this.#e(je(s,b+W.x-l.x,u+W.y-l.y,c))};g(e),i.querySelector(".frame")?.focus({preventScroll:!0}),i.setPointerCapture(e.pointerId);let f=new AbortController,{signal:w}=f;i.addEventListener("pointermove",g,{signal:w});for(let y of["pointerup","pointercancel"])i.addEventListener(y,()=>f.abort(),{signal:w})}#s(e){let{photo:s,region:o}=this.item??{};if(!s||!o||e.ctrlKey||e.metaKey||e.altKey)return;let i=ws(e.key,e.shiftKey),n={"+":-1,"=":-1,"-":1}[e.key];if(i)this.#e($s(o,s,...i));else if(n)this.#e(Pe(o,s,n));else return;e.preventDefault()}};customElements.define("region-frame",ct);var ys=.02,he=class extends HTMLElement{#e=.5;#t=new AbortController;connectedCallback(){this.#t=new AbortController,this.tabIndex=0;for(let[i,n]of Object.entries({role:"slider","aria-label":"Where after begins","aria-valuemin":"0","aria-valuemax":"100","aria-orientation":"horizontal"}))this.setAttribute(i,n);let{signal:e}=this.#t,s=this.#s;(this.hasAttribute("anywhere")?s:this).addEventListener("pointerdown",i=>this.#i(i),{signal:e}),this.addEventListener("keydown",i=>this.#n(i),{signal:e}),this.value=this.#e}disconnectedCallback(){this.#t.abort()}get value(){return this.#e}set value(e){this.#e=F(e,0,1);let s=Math.round(100*this.#e);this.#s.style.setProperty("--wipe",`${100*this.#e}%`),this.setAttribute("aria-valuenow",String(s)),this.setAttribute("aria-valuetext",`${s} % before, ${100-s} % after`),this.dispatchEvent(new CustomEvent("wipe",{detail:this.#e}))}get#s(){return this.parentElement}#i(e){if(e.button!==0||e.target instanceof Element&&e.target.closest("button, a"))return;e.target===this&&e.preventDefault(),e.stopPropagation();let s=this.#s,o=r=>{let{left:l,width:c}=s.getBoundingClientRect();this.value=(r.clientX-l)/c};o(e),this.focus({preventScroll:!0}),this.setPointerCapture(e.pointerId);let i=new AbortController,{signal:n}=i;this.addEventListener("pointermove",o,{signal:n});for(let r of["pointerup","pointercancel"])this.addEventListener(r,()=>i.abort(),{signal:n})}#n(e){let s=e.shiftKey?5*ys:ys,o={ArrowLeft:this.#e-s,ArrowRight:this.#e+s,Home:0,End:1}[e.key];o!==void 0&&(e.preventDefault(),e.stopPropagation(),this.value=o)}};customElements.define("wipe-handle",he);var wo=Ve(),dt=class extends ${item=null;#e=new Ne(wo,()=>d.changed());#t="";#s=new AbortController;disconnectedCallback(){super.disconnectedCallback(),this.#e.end(),this.#s.abort(),this.#t=""}draw(){let{item:e}=this;e?.photo&&!e.region&&(e.region=bs(e.photo)),super.draw();let s=this.querySelector(".lens-after");e&&s instanceof HTMLElement&&(s.style.opacity=String(e.settings.strength)),this.#i()}#i(){let{photo:e,region:s,card:o,problem:i,settings:n}=this.item??{},r=this.querySelector("canvas");if(!e||!s||!n||!r||!this.isConnected)return;let l=`${e.id} ${s}`;l!==this.#t&&(this.#t.startsWith(`${e.id} `)||(r.width=0),this.#t=l,this.#s.abort(),this.#s=new AbortController,vs(r,e.id,s,this.#s.signal).catch(()=>this.#t="")),!(!o&&!i)&&this.#e.want({photo:e.id,region:s,options:Oe(n,d.models,o??null)})}template(){let{item:e}=this;return e?.photo?a`<div class="preview" @region=${this.#l}>
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
        <figcaption class="lens-foot">${this.#a()} ${this.#r(e)}</figcaption>
      </figure>
    </div>`:h}#n(e){let{state:s,picture:o,problem:i}=this.#e,n=s==="done";return a`<div class="lens pair ${n?"compared":""}" aria-busy=${s==="working"?"true":"false"}>
      <canvas class="lens-before" role="img" aria-label="This part before"></canvas>
      <img class="lens-after" src=${o||h} ?hidden=${!n} alt="This part after" draggable="false" />
      <span class="chip before">Before</span>
      <span class="chip after" ?hidden=${!n}>After</span>
      <wipe-handle anywhere ?hidden=${!n}></wipe-handle>
      ${s==="failed"?this.#o(i?.message??""):h}
      ${s==="failed"||n?h:a`<span class="lens-busy"
              >${e.card||e.problem?"Restoring this part":"Looking at the photograph"}</span
            >`}
    </div>`}#o(e){return a`<div class="lens-failed" role="alert">
      <p>${e}</p>
      <button class="button" @click=${()=>this.#e.again()}>${m("again")}Try again</button>
    </div>`}#a(){let{state:e,model:s,seconds:o}=this.#e;return a`<p class="soft small" role="status">
      ${e==="done"?a`<code>${s}</code>${o?`, ${ue(o)}`:""}`:h}
    </p>`}#r(e){let s=o=>()=>{e.photo&&e.region&&(e.region=Pe(e.region,e.photo,o)),d.changed()};return a`<div class="tools">
      <button class="button quiet square" aria-label="Larger part" title="Larger part" @click=${s(1)}>
        ${m("minus")}
      </button>
      <button class="button quiet square" aria-label="Smaller part" title="Smaller part" @click=${s(-1)}>
        ${m("plus")}
      </button>
      ${ht()}
    </div>`}#l(e){this.item&&(this.item.region=e.detail),d.changed()}},ht=()=>a`<button
    class="button quiet flip"
    title="Hold to see what was before"
    @pointerdown=${()=>j(!0)}
    @keydown=${rt}
    @keyup=${rt}
    @contextmenu=${t=>t.preventDefault()}
  >
    ${m("flip")}<span>Hold for before</span><kbd class="wide">B</kbd>
  </button>`;customElements.define("preview-bench",dt);var ut=class extends ${item=null;refuge="button";template(){let e=this.item;return e?a`<section class="restore" aria-label="Restore">
      ${yo(e)} ${e.busy?vo(e):this.#e(e)}
    </section>`:h}#e(e){let s=e.photo?It(e.settings,e.photo,ne(e.settings,d.models,e.card)):null;return a`<button
        class="button primary large"
        ?disabled=${!e.photo||e.upload!=="kept"||s===null||d.link==="lost"}
        @click=${()=>Be(e)}
      >
        ${m("spark")}${e.jobs.length?"Restore again":"Restore"}
      </button>
      <p class="soft small">${s?a`To ${J(...s)}, ${Y(...s)}`:a`Set a size first`}</p>`}};function vo(t){let{text:e,progress:s}=B(t),o=t.status==="running";return a`<div class="restore-progress">
    <p role="status" aria-live="polite">
      <strong>${o?"Restoring":"Waiting"}</strong>
      <span class="soft">${e}</span>
    </p>
    <progress max="1" aria-label="Progress" value=${o?s??0:h}></progress>
    <button class="button" @click=${()=>qt(t)}>${m("close")}Cancel</button>
  </div>`}var yo=t=>t.job?.state==="failed"?a`<p class="warning bad" role="alert">
        ${m("alert")}<span
          >${_(t.job.error?.detail??t.job.error?.title??"it could not be restored")}</span
        >
      </p>`:h;customElements.define("restore-bar",ut);function ze({name:t,label:e,value:s,standard:o,most:i=1,say:n,hint:r,set:l}){let c=s??o,p=s===null||s===o;return a`<div class="field slider">
    <label for=${t}>${e}</label>
    <output for=${t}>${n(c)}</output>
    <button
      class="button quiet square reset"
      ?hidden=${p}
      aria-label="Reset ${e.toLowerCase()}"
      title="Reset"
      @click=${()=>l(null)}
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
      @input=${b=>l(Number(pt(b).value))}
    />
    <p class="hint" id="${t}-hint">${r}</p>
  </div>`}var K=({name:t,label:e,value:s,choices:o,hint:i,set:n})=>a`<div class="field">
    <label for=${t}>${e}</label>
    <select id=${t} .value=${E(s)} @change=${r=>n(pt(r).value)}>
      ${o.map(([r,l])=>a`<option value=${r} ?selected=${r===s}>${l}</option>`)}
    </select>
    ${i?a`<p class="hint">${i}</p>`:h}
  </div>`,T=({name:t,label:e,value:s,least:o=0,most:i,step:n=1,placeholder:r,unit:l,hint:c,set:p})=>a`<div class="field">
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
        @change=${b=>{let u=pt(b).value;p(u===""||!Number.isFinite(Number(u))?null:Number(u))}}
      />
      ${l?a`<span class="unit">${l}</span>`:h}
    </span>
    ${c?a`<p class="hint" id="${t}-hint">${c}</p>`:h}
  </div>`,xs=({name:t,label:e,value:s,hint:o,set:i})=>a`<div class="field check">
    <input
      type="checkbox"
      id=${t}
      .checked=${E(s)}
      aria-describedby=${o?`${t}-hint`:h}
      @change=${n=>i(n.target.checked)}
    />
    <label for=${t}>${e}</label>
    ${o?a`<p class="hint" id="${t}-hint">${o}</p>`:h}
  </div>`,pt=t=>t.target;var mt=class extends ${item=null;job=null;#e={job:"",text:""};draw(){super.draw(),this.job&&this.job.id!==this.#e.job&&d.link==="open"&&this.#t(this.job.id)}async#t(e){this.#e={job:e,text:""};let s=await Lt(e).then(o=>({job:e,text:o}),o=>v(o).offline?{job:"",text:""}:{job:e,text:v(o).message});this.#e.job===e&&(this.#e=s),super.draw()}template(){let{item:e,job:s}=this;return!e||!s?.result?h:a`<section class="result" aria-labelledby="result-title">
      <h2 id="result-title">Restored</h2>
      ${e.done.length>1?Ao(e,s):h} ${xo(s)}
      <a class="button primary large" href=${x.result(s.id)} download=${s.result.name}>
        ${m("download")}Download ${s.result.format.toUpperCase()}
      </a>
      ${this.#s(s)}
    </section>`}#s(e){let{text:s}=this.#e;return a`<div class="row">
        <a class="button" href=${x.report(e.id)} download>${m("download")}Report</a>
      </div>
      <div class="command">
        <h3 id="command-title">The command for this</h3>
        <pre tabindex="0" aria-labelledby="command-title"><code>${s||"\u2026"}</code></pre>
        <button
          class="button square quiet"
          aria-label="Copy the command"
          title="Copy"
          ?disabled=${!s}
          @click=${()=>_o(s)}
        >
          ${m("copy")}
        </button>
      </div>`}};function xo(t){let{width:e,height:s,format:o,size_bytes:i}=t.result,n=(G(t.finished)-G(t.started))/1e3,r=[["Size",a`${J(e,s)}<br /><span class="soft">${Y(e,s)}</span>`],["File",`${o.toUpperCase()}, ${ie(i)}`],["Model",a`<code>${t.model??"auto"}</code>`],...Number.isFinite(n)?[["Time",ue(n)]]:[]];return a`<dl class="facts">
    ${r.map(([l,c])=>a`<div>
          <dt>${l}</dt>
          <dd>${c}</dd>
        </div>`)}
  </dl>`}var Ao=(t,e)=>K({name:"version",label:"Version",value:e.id,choices:t.done.map((s,o)=>[s.id,`${t.done.length-o}: ${ko(s)}`]),set:s=>{t.shown=s,d.changed()}});function ko(t){let e=Object.entries(t.options??{}).filter(([s])=>!["model","report"].includes(s));return[t.model??"auto",...e.map(([s,o])=>`${s} ${o}`)].join(", ")}async function _o(t){try{await navigator.clipboard.writeText(t)}catch{let e=Object.assign(document.createElement("textarea"),{value:t});document.body.append(e),e.select(),document.execCommand("copy"),e.remove()}d.say("The command is copied.","good")}customElements.define("result-panel",mt);var Eo=/^(Arrow.+|[+=\-_0])$/,ft=null;function To(){return ft??=new Promise((t,e)=>{let s=document.createElement("script");s.src="static/vendor/openseadragon/openseadragon.min.js",s.onload=()=>t(globalThis.OpenSeadragon),s.onerror=()=>{ft=null,s.remove(),e(new TypeError("the viewer was not sent"))},document.head.append(s)}),ft}async function As(t,e){let s=await ge(t,e);return{width:s.width,height:s.height,tileSize:s.tile_size,tileOverlap:s.overlap,minLevel:s.min_level,maxLevel:s.max_level,getTileUrl:(o,i,n)=>x.tile(t,e,o,i,n,s.format)}}function So(){let t="data-openseadragon-mobile-css";if(document.querySelector(`style[${t}]`))return;let e=document.createElementNS("urn:blindsr:nothing","style");e.setAttribute(t,""),document.head.append(e)}var Ie=class{#e=null;#t=null;#s=null;#i=null;#n=null;#o="";#a=!1;#r=.5;#l=!1;constructor(e,{job:s,photo:o},i){this.element=e,this.job=s,this.photo=o,this.zoomed=i}async open(){let[e,s,o]=await Promise.all([To(),As("jobs",this.job),this.photo===null?null:As("photos",this.photo)]);if(this.#a)return;So(),this.#e=e;let i=matchMedia("(prefers-reduced-motion: reduce)").matches;this.#t=e({element:this.element,drawer:"canvas",showNavigationControl:!1,animationTime:i?0:.45,springStiffness:10,maxZoomPixelRatio:16,minZoomImageRatio:.8,visibilityRatio:.6,zoomPerScroll:1.25,gestureSettingsMouse:{clickToZoom:!1,dblClickToZoom:!0},crossOriginPolicy:!1,tileRetryMax:5,tileRetryDelay:3e3}),this.#h(),[this.#s,this.#i]=await Promise.all([o&&this.#d(o),this.#d(s)]),this.#c()}#h(){let e=this.#t;e.canvas.setAttribute("role","application"),e.canvas.setAttribute("aria-label","Photograph: arrow keys pan, plus and minus zoom, 0 shows all"),e.addHandler("canvas-key",s=>{Eo.test(s.originalEvent.key)||(s.preventDefaultAction=!0)});for(let s of["animation","resize","open","viewport-change"])e.addHandler(s,()=>this.#c());e.addHandler("zoom",()=>this.zoomed(this.zoom))}#d(e,s={}){return new Promise((o,i)=>{this.#t.addTiledImage({tileSource:e,width:1,success:n=>o(n.item),error:n=>i(new Error(n.message)),...s})})}wipe(e){this.#r=e,this.#c()}flip(e){this.#l=e,this.#c()}#c(){let e=this.#i;if(!e||!this.#t||!this.#s)return;let{x:s,y:o}=e.getContentSize(),i=new this.#e.Point(this.#r*this.element.clientWidth,0),n=this.#l?s:e.viewerElementToImageCoordinates(i).x,r=n<s;e.setOpacity(r?1:0),e.setClip(r&&n>0?new this.#e.Rect(n,0,s-n,o):null)}async map(e){if(!this.#n&&e>0&&!this.#o){this.#o=await hs(x.map(this.job));let s=await this.#d({type:"image",url:this.#o},{opacity:e});if(this.#a)return;this.#n=s}this.#n?.setOpacity(e)}get zoom(){let e=this.#i;return!e||!this.#t?0:e.viewportToImageZoom(this.#t.viewport.getZoom(!0))*devicePixelRatio}zoomBy(e){this.#t?.viewport.zoomBy(e),this.#t?.viewport.applyConstraints()}exactly(){let e=this.#i;this.#t?.viewport.zoomTo(e.imageToViewportZoom(1/devicePixelRatio))}fit(){this.#t?.viewport.goHome()}close(){this.#a=!0,this.#t?.destroy(),this.#t=null,this.#o&&URL.revokeObjectURL(this.#o)}};var gt=class extends ${item=null;job=null;#e=null;#t="";#s="opening";#i="";#n=0;#o=0;connectedCallback(){super.connectedCallback(),nt.addEventListener("flip",e=>this.#e?.flip(e.detail),{signal:this.ended})}disconnectedCallback(){super.disconnectedCallback(),this.#e?.close(),this.#e=null,this.#t=""}draw(){super.draw(),this.job&&this.job.id!==this.#t&&this.#a(this.job)}async#a(e){this.#t=e.id,this.#e?.close(),this.#o=0;let s=this.querySelector(".deep"),o=this.item?.upload==="kept"?e.photo:null,i=new Ie(s,{job:e.id,photo:o},n=>this.#l(n));this.#e=i,this.#r("opening");try{await i.open(),i.wipe(this.#h?.value??.5),this.#e===i&&this.#r("open")}catch(n){this.#e===i&&this.#r("failed",v(n).message)}}#r(e,s=""){this.#s=e,this.#i=s,this.draw()}#l(e){this.#n=e,this.draw()}get#h(){let e=this.querySelector("wipe-handle");return e instanceof he?e:null}template(){let{job:e,item:s}=this;if(!e||!s)return h;let o=s.upload==="kept";return a`<div class="viewer">
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
        ${this.#s==="opening"?a`<span class="lens-busy">Opening</span>`:h}
        ${this.#s==="failed"?this.#p(e):h}
      </div>
      <div class="viewer-foot">
        ${this.#d()} ${o?ht():h} ${e.has_map?this.#u():h}
      </div>
    </div>`}#d(){let e=(s,o,i)=>a`<button class="button quiet square" aria-label=${s} title=${s} @click=${i}>${m(o)}</button>`;return a`<div class="tools" role="group" aria-label="Zoom">
      ${e("Zoom out","minus",()=>this.#e?.zoomBy(1/1.5))}
      <button
        class="button quiet zoom"
        title="Show every pixel as one of the screen"
        @click=${()=>this.#e?.exactly()}
      >
        <span class="visually-hidden">Show at 100 %, now at </span>${this.#n?A(this.#n):"100 %"}
      </button>
      ${e("Zoom in","plus",()=>this.#e?.zoomBy(1.5))}
      ${e("Show all","fit",()=>this.#e?.fit())}
      ${document.fullscreenEnabled?e("Full screen","full",()=>this.#c()):h}
    </div>`}#c(){document.fullscreenElement?document.exitFullscreen():this.querySelector(".viewer")?.requestFullscreen()}#u(){let e=s=>{this.#o=Number(s.target.value),this.#e?.map(this.#o).catch(o=>this.#r("failed",v(o).message)),this.draw()};return a`<label class="fade" title="Where the result does not explain the photograph">
      ${m("map")}<span>Doubtful parts</span>
      <input
        type="range"
        min="0"
        max="1"
        step="0.05"
        .value=${E(String(this.#o))}
        aria-valuetext=${A(this.#o)}
        @input=${e}
      />
    </label>`}#p(e){return a`<div class="lens-failed" role="alert">
      <p>${this.#i}</p>
      <button class="button" @click=${()=>this.#a(e)}>${m("again")}Try again</button>
    </div>`}};customElements.define("result-viewer",gt);var Mo=[["scale","Factor"],["size","Fit into"],["megapixels","Megapixels"]],ks=[1,2,3,4],_s=(t,e,s)=>a`<fieldset class="field">
    <legend>Size</legend>
    <div class="segments whole">
      ${Mo.map(([o,i])=>a`<label class="segment">
            <input
              type="radio"
              name="sizing"
              value=${o}
              .checked=${E(t.sizing===o)}
              @change=${()=>s({sizing:o})}
            /><span>${i}</span>
          </label>`)}
    </div>
    ${{scale:Co,size:Lo,megapixels:No}[t.sizing](t,e,s)}
  </fieldset>`;function Co(t,e,s){let o=e?.scale??4;return a`<div class="row factors">
    ${ks.map(i=>a`<button
          type="button"
          class="button factor"
          aria-pressed=${(t.scale??o)===i?"true":"false"}
          @click=${()=>s({scale:i===o?null:i})}
        >
          ${i}×
        </button>`)}
    ${T({name:"scale",label:"Other factor",value:t.scale!==null&&ks.includes(t.scale)?null:t.scale,least:.1,most:16,step:.1,placeholder:"other",set:i=>s({scale:i||null})})}
  </div>`}function Lo(t,e,s){let[,o="",i=""]=/^(\d*)x(\d*)$/.exec(t.size)??[],n=(l,c)=>s({size:l||c?`${l||""}x${c||""}`:""}),r=l=>l?Number(l):null;return a`<div class="row sides">
    ${T({name:"width",label:"Width",value:r(o),least:1,placeholder:"any",unit:"px",set:l=>n(l,i)})}
    ${T({name:"height",label:"Height",value:r(i),least:1,placeholder:"any",unit:"px",set:l=>n(o,l)})}
  </div>`}var No=(t,e,s)=>T({name:"megapixels",label:"Megapixels of the result",value:t.megapixels,least:.01,step:.1,placeholder:"24",unit:"MP",set:o=>s({megapixels:o||null})});var bt=class extends ${item=null;template(){let{item:e}=this;if(!e?.photo)return h;let s=ne(e.settings,d.models,e.card),o=i=>Ft(e,i);return a`<form
      class="settings"
      aria-labelledby="settings-title"
      @submit=${i=>i.preventDefault()}
    >
      <h2 id="settings-title">How it is restored</h2>
      ${jo(e.settings,s,o)} ${_s(e.settings,s,o)}
      ${zo(e.settings,s,o)}
      <details class="more">
        <summary>More settings</summary>
        <div class="more-fields">${Io(e.settings,s,o)} ${Do(e,o)}</div>
      </details>
      <div class="row settings-foot">
        ${d.items.length>1?a`<button type="button" class="button" @click=${()=>Bt(e)}>
                Use for all photographs
              </button>`:h}
        ${Ro(e.settings)?h:a`<button type="button" class="button quiet" @click=${()=>o(z)}>Reset all</button>`}
      </div>
    </form>`}},Ro=t=>JSON.stringify({...t})===JSON.stringify({...z}),jo=(t,e,s)=>a`
  ${N("denoise",e)?ze({name:"denoise",label:"Denoise",value:t.denoise,standard:1,say:o=>o===0?"Keep the noise":o===1?"As found":A(o),hint:"How much of the noise that was found is removed.",set:o=>s({denoise:o})}):h}
  ${N("detail",e)?ze({name:"detail",label:"Detail",value:t.detail,standard:0,say:o=>o===0?"Faithful":o===1?"Vivid":A(o),hint:"More looks richer, but may show detail that was never there.",set:o=>s({detail:o})}):h}
  ${ze({name:"strength",label:"Strength",value:t.strength,standard:1,say:o=>o===0?"Enlarged only":o===1?"Full":A(o),hint:"Between plain enlargement and the restored photograph.",set:o=>s({strength:o??1})})}
`;function Po({name:t,method:e,parameters:s,licence:o},i){let n=s?`, ${Z(s/1e6)} million parameters`:"";return`${i?`Here that is ${t}: `:""}${e.toUpperCase()}${n}${o?`, ${o}`:""}.`}function zo(t,e,s){let o=d.models.filter(i=>i.name!=="auto").map(i=>[i.name,i.scale?`${i.name} (${i.scale}\xD7)`:i.name]);return K({name:"model",label:"Model",value:t.model,choices:[["auto","auto: what suits it best"],...o],hint:e?Po(e,t.model==="auto"):void 0,set:i=>s({model:i})})}var Io=(t,e,s)=>a`
  ${N("noise",e)?T({name:"noise",label:"Noise, if you know it",value:t.noise,most:255,step:.5,placeholder:"as found",unit:"of 255",set:o=>s({noise:o})}):h}
  ${N("blur",e)?T({name:"blur",label:"Blur, if you know it",value:t.blur,least:.1,most:20,step:.1,placeholder:"as found",unit:"px of the result",set:o=>s({blur:o||null})}):h}
  ${N("steps",e)?T({name:"steps",label:"Steps of learning from the photograph",value:t.steps,placeholder:"the model's own",set:o=>s({steps:o})}):h}
  ${K({name:"native",label:"Shrink first to its true resolution",value:t.native,choices:[["",t.model==="auto"?"If auto advises it":"No"],["auto","If the analysis finds less"],["off","Never"]],set:o=>s({native:o})})}
  ${xs({name:"tta",label:"Mean of eight turned forms",value:t.tta,hint:"Eight times slower, and a little better.",set:o=>s({tta:o})})}
`,Do=({settings:t,photo:e},s)=>a`
  ${K({name:"format",label:"File format",value:t.format,choices:[["keep",`Same as the photograph (${e?.format.toUpperCase()})`],...["png","jpeg","webp","tiff","avif","heic"].map(o=>[o,o==="webp"?"WebP":o.toUpperCase()])],set:o=>s({format:o})})}
  ${zt(t.format,e?.format??"")?T({name:"quality",label:"Quality",value:t.quality,least:1,most:100,set:o=>s({quality:o??z.quality})}):h}
  ${K({name:"bits",label:"Bits of a sample",value:t.bits,choices:[["keep","Same as the photograph"],["8","8"],["16","16"],["32","32 (floats, TIFF)"]],set:o=>s({bits:o})})}
`;customElements.define("settings-form",bt);var $t=class extends ${item=null;refuge=".inspector .primary, .primary";template(){let e=d.selected;return e?a`<article class="bench" aria-labelledby="bench-name">
      <header class="bench-head">
        <div class="bench-title">
          <h1 id="bench-name">${e.name}</h1>
          <p class="soft small">${Oo(e)}</p>
        </div>
        ${e.result?Ho(e):h}
        <button
          class="button quiet square"
          title="Remove"
          aria-label="Remove ${e.name}"
          @click=${()=>Jo(this,e)}
        >
          ${m("bin")}
        </button>
      </header>
      ${Uo(e)}
      <dialog
        class="dialog"
        aria-labelledby="remove-title"
        @close=${s=>Wo(s,e)}
      >
        ${Ko(e)}
      </dialog>
    </article>`:h}};function Oo(t){let e=t.photo;if(!e?.width)return t.file?ie(t.file.size):"";let s=e.frames>1?` \xB7 ${e.frames} frames`:"";return`${`${J(e.width,e.height)} \xB7 ${Y(e.width,e.height)}`} \xB7 ${e.format.toUpperCase()} \xB7 ${ie(e.size_bytes)}${s}`}function Ho(t){let e=o=>()=>{t.tab=o,d.changed()},s=(o,i)=>a`<button
      class="segment"
      role="tab"
      id="tab-${o}"
      aria-controls="stage"
      aria-selected=${t.tab===o?"true":"false"}
      tabindex=${t.tab===o?0:-1}
      @click=${e(o)}
    >
      ${i}
    </button>`;return a`<div class="segments" role="tablist" aria-label="What is shown" @keydown=${qo}>
    ${t.upload==="gone"?h:s("preview","Preview")}${s("result","Result")}
  </div>`}function qo(t){if(t.key!=="ArrowLeft"&&t.key!=="ArrowRight")return;let s=t.currentTarget.querySelector('[aria-selected="false"]');s?.click(),s?.focus()}function Uo(t){if(t.upload==="refused")return Fo(t);if(t.upload==="waiting"||t.upload==="sending")return Bo(t);if(t.upload==="gone"&&!t.result)return Vo();let e=t.tab==="result"||t.upload==="gone"?t.result:null;return a`<div class="bench-body">
    <section
      class="stage"
      id="stage"
      role=${t.result?"tabpanel":h}
      aria-label=${e?"Result":"Preview"}
    >
      ${e?a`<result-viewer .item=${t} .job=${e}></result-viewer>`:a`<preview-bench .item=${t}></preview-bench>`}
    </section>
    <aside class="inspector" aria-label="Findings and settings">
      ${e?a`<result-panel .item=${t} .job=${e}></result-panel>`:a`<restore-bar .item=${t}></restore-bar>`}
      ${t.upload==="gone"?h:a`<degradation-card .item=${t}></degradation-card>`}
      ${e?h:a`<settings-form .item=${t}></settings-form>`}
    </aside>
  </div>`}var Bo=t=>a`<div class="panel-page">
    ${t.local?a`<img class="sending-photo" src=${t.local} alt="" @error=${Le} />`:h}
    <div class="sending-bar">
      <p role="status">${B(t).text}</p>
      ${it(t.upload==="sending"?B(t).progress:0)}
    </div>
  </div>`,Fo=t=>a`<section class="panel-page" role="alert">
    <div class="panel-icon bad">${m(t.problem?.offline?"unplugged":"alert")}</div>
    <h2>${t.problem?.offline?"It could not be sent":"This photograph cannot be restored"}</h2>
    <p>${t.problem?.message}</p>
    <div class="row">
      ${t.problem?.offline&&t.file?a`<button class="button primary" @click=${()=>$e(t)}>${m("again")}Send again</button>`:h}
      <button class="button" @click=${()=>we(t)}>${m("bin")}Remove it from the list</button>
    </div>
  </section>`,Vo=()=>a`<section class="panel-page">
    <div class="panel-icon">${m("clock")}</div>
    <h2>The server does not keep this photograph any more</h2>
    <p>Add it again to restore it.</p>
  </section>`,Ko=t=>a`<form method="dialog">
    <h2 id="remove-title">Remove ${t.name}?</h2>
    <p>
      ${t.busy?"It is being restored. That stops, and nothing is kept.":"Its results are deleted from the server too."}
    </p>
    <div class="row end">
      <button class="button" value="keep">Keep it</button>
      <button class="button primary danger" value="remove">Remove</button>
    </div>
  </form>`;function Wo(t,e){let s=t.target;s.returnValue==="remove"&&we(e),s.returnValue=""}function Jo(t,e){let s=t.querySelector("dialog");e.busy||e.done.length?s?.showModal():we(e)}customElements.define("photo-bench",$t);var wt=class extends ${draw(){super.draw();let e=d.items.filter(s=>s.busy).length;document.title=e?`${pe(e,"photograph")} to go \xB7 blindsr`:"blindsr"}template(){return a`
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
    `}#e(){return d.items.length?a`<div class="work">
        <photo-list></photo-list>
        <photo-bench .item=${d.selected}></photo-bench>
      </div>`:d.link==="locked"?Yo():d.link==="connecting"?a`<p class="visually-hidden" role="status">Connecting.</p>`:a`<drop-zone></drop-zone>`}#t(){let e=Fe().length,s=d.results;return a`
      ${d.items.length>1&&e?a`<button class="button" @click=${Ht}>
              ${m("spark")}<span>Restore all<span class="wide"> (${e})</span></span>
            </button>`:h}
      ${s.length>1?a`<a class="button" href=${x.zip(s.map(o=>o.id))} download="restored.zip">
              ${m("download")}<span>Download all<span class="wide"> (${s.length})</span></span>
            </a>`:h}
      <button class="button" @click=${ye}>
        ${m("plus")}<span>Add<span class="wide"> photographs</span></span>
      </button>
    `}#s(){return d.link==="lost"?a`<p class="banner" role="status">
        ${m("unplugged")}
        <span
          ><strong>The server does not answer.</strong> Nothing is lost: this page looks for it every few seconds and
          goes on when it is back.</span
        >
      </p>`:d.link==="locked"&&d.items.length?a`<p class="banner" role="status">
        ${m("lock")}<span>Open the address that <code>blindsr serve</code> printed once more.</span>
      </p>`:h}},Yo=()=>a`<section class="panel-page">
    <div class="panel-icon">${m("lock")}</div>
    <h1>This server asks for a token</h1>
    <p>Open the address that <code>blindsr serve</code> printed when it started: it ends in <code>?token=…</code></p>
  </section>`;customElements.define("blindsr-page",wt);var vt=1e3,Zo=15e3;function Es({greet:t,refresh:e,changed:s}){let o=vt,i=r=>{d.connected([401,403].includes(v(r).status)?"locked":"lost"),setTimeout(n,o),o=Math.min(Zo,2*o)},n=async()=>{try{await t(),await Go(e,s,i),o=vt,d.connected("open")}catch(r){i(r)}};addEventListener("online",()=>o=vt),n()}function Go(t,e,s){return new Promise((o,i)=>{let n=new EventSource("v1/events"),r=[];n.addEventListener("job",l=>{let c=JSON.parse(l.data);r?r.push(c):e(c)}),n.onopen=async()=>{try{await t();for(let l of r??[])e(l);r=null,o()}catch(l){n.close(),i(l)}},n.onerror=()=>{n.close(),r?i(new TypeError("no stream")):s(new TypeError("the stream ended"))}})}function Ts(){Es({greet:async()=>{d.models=(await _t()).models},refresh:Xo,changed:t=>{Qo(t)}})}async function Qo(t){!d.byJob(t.id)&&!d.byPhoto(t.photo)&&await yt(t.photo,t.name),ve(t,!0)}async function Xo(){let t=(await Mt()).sort((s,o)=>G(s.created)-G(o.created)),e=new Set(t.map(s=>s.id));for(let s of d.items)s.jobs=s.jobs.filter(o=>e.has(o.id));for(let{id:s,settings:o}of Ot()){let i=await yt(s,null);i&&o&&(i.settings={...i.settings,...o})}for(let s of t)d.byJob(s.id)||await yt(s.photo,s.name),ve(s);for(let s of d.items)s.done.length&&!s.busy&&!s.card&&(s.tab="result");for(let s of d.items)s.problem?.offline&&ei(s);I(d.items),d.changed()}function ei(t){t.upload==="refused"?$e(t):X(t)}async function yt(t,e){if(t===null||d.forgotten.has(t))return null;let s=d.byPhoto(t);if(s)return s;let o=new Q(e??"");try{o.photo=await Et(t),o.name=o.photo.name}catch(n){if(v(n).status!==404)throw n;if(e===null)return null;o.upload="gone",o.photo={id:t,name:e,size_bytes:0,width:0,height:0,format:"",megapixels:0,frames:1}}let i=d.byPhoto(t);return i||(d.add(o),o.upload==="kept"&&X(o),o)}Vt();fs();Ts();
